use aftercare_scene::*;
fn main(){
 let out=std::env::args().nth(1).unwrap();
 for kind in ItemKind::ALL { for seed in 0..3u64 {
   let mut s=Scene::new(kind,seed+1);
   if seed>0 { s=s.retaken(seed).damage(Damage::ALL[(seed as usize)%3],seed);}
   let t=std::time::Instant::now();
   let p=Camera::phone(seed).shoot(&s,1280,960);
   let el=t.elapsed();
   println!("{kind:?} {seed} {:?} {}",el,p.jpeg.len());
   std::fs::write(format!("{out}/{kind:?}-{seed}.jpg"),p.jpeg).unwrap();
 }}
}
