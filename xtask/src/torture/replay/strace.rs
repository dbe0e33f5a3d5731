//! Reads what `strace -f -y -xx` wrote and keeps what happened to the files below one folder, and what clients were told.
//! A call that changes something counts when it returned, a sync covers what had returned before it was called, and a client
//! may know an answer from the moment in which it is sent: wherever two things overlap, the worse order is taken.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};

use crate::torture::record::Op;

/// The calls that are recorded. Whatever else could change a file is among them and is refused below.
pub(crate) const CALLS: &str = "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,sync,syncfs,sync_file_range,lseek,sendto,sendmsg,sendfile,copy_file_range,splice";

/// Bytes of one call that are recorded; more is an error.
pub(crate) const CALL_BYTES_MAX: usize = 1 << 26;

/// The side file of SQLite that is made anew by whoever opens a database first, and the lock of a data directory, which says
/// nothing: both are left out.
const LEFT_OUT: [&str; 2] = ["-shm", "/lock"];

/// What is recorded, over several runs of the program.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// The folder, without a slash at its end.
    root: String,
    pub(crate) ops: Vec<Op>,
    names: BTreeSet<String>,
    lengths: HashMap<String, u64>,
}

/// A descriptor and the path that it stands for; empty where that is gone.
struct Descriptor {
    number: u32,
    path: String,
}

/// A call that returned.
struct Call<'t> {
    name: &'t str,
    arguments: Vec<&'t str>,
    result: i64,
    /// What was opened.
    opened: Option<Descriptor>,
}

impl Recorder {
    pub(crate) fn new(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            ops: Vec::new(),
            names: BTreeSet::new(),
            lengths: HashMap::new(),
        }
    }

    /// Reads what one run left.
    ///
    /// # Errors
    /// When a line is not understood, or a call was made on a file that is not among those that are known.
    pub(crate) fn read(&mut self, text: &str) -> Result<()> {
        // Calls that were interrupted in the telling, by thread: their beginning, and how many ops there were.
        let mut begun: HashMap<&str, (String, u64)> = HashMap::new();
        // Where `write` goes on, by descriptor. Child processes have none below the folder, and their numbers are their own:
        // only files below it are followed.
        let mut cursors: HashMap<u32, u64> = HashMap::new();
        for line in text.lines() {
            let Some((thread, rest)) = line.split_once(' ') else {
                continue;
            };
            let rest = rest.trim_start();
            let now = u64::try_from(self.ops.len())?;
            if let Some(beginning) = rest.strip_suffix("<unfinished ...>") {
                self.tell(beginning)?;
                begun.insert(thread, (beginning.trim_end().to_owned(), now));
                continue;
            }
            let (whole, since) = if let Some(resumed) = rest.strip_prefix("<... ") {
                let (_, end) = resumed.split_once("resumed>").context("a call goes on")?;
                let Some((beginning, since)) = begun.remove(thread) else {
                    continue;
                };
                (format!("{beginning}{end}"), since)
            } else {
                self.tell(rest)?;
                (rest.to_owned(), now)
            };
            if let Some(call) = parse(&whole)? {
                self.call(&call, since, &mut cursors)
                    .with_context(|| whole.chars().take(300).collect::<String>())?;
            }
        }
        Ok(())
    }

    /// Keeps what an answer acknowledges when it begins to be sent.
    fn tell(&mut self, call: &str) -> Result<()> {
        let Some((name, arguments)) = call.split_once('(') else {
            return Ok(());
        };
        if !["write", "writev", "sendto", "sendmsg"].contains(&name) {
            return Ok(());
        }
        let (descriptor, rest) = arguments.split_once(',').unwrap_or((arguments, ""));
        if self.below(&descriptor_of(descriptor)?.path).is_some() {
            return Ok(());
        }
        let bytes = strings(rest)?;
        let text = String::from_utf8_lossy(&bytes);
        let Some((before, leaf)) = text.split_once("\"leaf\":\"") else {
            return Ok(());
        };
        let leaf: String = leaf.chars().take_while(char::is_ascii_hexdigit).collect();
        let seq = before
            .rsplit_once("\"seq\":")
            .map(|(_, digits)| digits)
            .context("an answer with a leaf and no place")?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()?;
        self.ops.push(Op::Told { seq, leaf });
        Ok(())
    }

    /// The path below the folder; empty for the folder itself.
    fn below(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&self.root)?;
        if rest.is_empty() {
            return Some(String::new());
        }
        let rest = rest.strip_prefix('/')?;
        (!LEFT_OUT.iter().any(|end| rest.ends_with(end))).then(|| rest.to_owned())
    }

    /// The file that a descriptor stands for.
    fn file(&self, argument: &str) -> Result<Option<(u32, String)>> {
        let descriptor = descriptor_of(argument)?;
        Ok(self
            .below(&descriptor.path)
            .filter(|path| self.names.contains(path))
            .map(|path| (descriptor.number, path)))
    }

    /// The path that an argument names, below the folder.
    fn path(&self, folder: Option<&str>, argument: &str) -> Result<Option<String>> {
        let named = String::from_utf8(strings(argument)?)?;
        let path = match folder {
            Some(folder) if !named.starts_with('/') => {
                format!("{}/{named}", descriptor_of(folder)?.path)
            }
            _ => named,
        };
        Ok(self.below(path.trim_end_matches('/')))
    }

    fn written(
        &mut self,
        path: String,
        offset: u64,
        mut bytes: Vec<u8>,
        result: i64,
    ) -> Result<u64> {
        let length = usize::try_from(result)?;
        ensure!(bytes.len() >= length, "fewer bytes were told than written");
        bytes.truncate(length);
        let end = offset + u64::try_from(length)?;
        let known = self.lengths.entry(path.clone()).or_default();
        *known = (*known).max(end);
        self.ops.push(Op::Write {
            path,
            offset,
            bytes,
        });
        Ok(end)
    }

    fn cut(&mut self, path: String, length: u64) {
        self.lengths.insert(path.clone(), length);
        self.ops.push(Op::Truncate { path, length });
    }

    fn call(&mut self, call: &Call<'_>, since: u64, cursors: &mut HashMap<u32, u64>) -> Result<()> {
        if call.result < 0 {
            return Ok(());
        }
        let argument = |at: usize| call.arguments.get(at).copied().unwrap_or_default();
        match call.name {
            "openat" | "open" => {
                let flags = argument(if call.name == "open" { 1 } else { 2 });
                let Some(opened) = &call.opened else {
                    return Ok(());
                };
                let Some(path) = self.below(&opened.path) else {
                    return Ok(());
                };
                cursors.insert(opened.number, 0);
                if flags.contains("O_CREAT") && self.names.insert(path.clone()) {
                    self.lengths.insert(path.clone(), 0);
                    self.ops.push(Op::Create { path: path.clone() });
                }
                if flags.contains("O_TRUNC") && self.lengths.get(&path) != Some(&0) {
                    self.cut(path.clone(), 0);
                }
                if flags.contains("O_APPEND") {
                    cursors.insert(opened.number, u64::MAX);
                }
            }
            "write" | "writev" => {
                let Some((number, path)) = self.file(argument(0))? else {
                    return Ok(());
                };
                let cursor = cursors.get(&number).copied().context("where to write")?;
                let appends = cursor == u64::MAX;
                let offset = if appends {
                    self.lengths.get(&path).copied().unwrap_or(0)
                } else {
                    cursor
                };
                let end = self.written(path, offset, strings(argument(1))?, call.result)?;
                cursors.insert(number, if appends { u64::MAX } else { end });
            }
            "pwrite64" | "pwritev" => {
                if let Some((_, path)) = self.file(argument(0))? {
                    let offset = argument(3).parse()?;
                    self.written(path, offset, strings(argument(1))?, call.result)?;
                }
            }
            "lseek" => {
                let Descriptor { number, path } = descriptor_of(argument(0))?;
                if self.below(&path).is_some() && cursors.get(&number) != Some(&u64::MAX) {
                    cursors.insert(number, u64::try_from(call.result)?);
                }
            }
            "ftruncate" => {
                if let Some((_, path)) = self.file(argument(0))? {
                    self.cut(path, argument(1).parse()?);
                }
            }
            "mkdir" | "mkdirat" => {
                let at = call.name == "mkdirat";
                let path = self.path(at.then(|| argument(0)), argument(usize::from(at)))?;
                if let Some(path) = path {
                    self.names.insert(path.clone());
                    self.ops.push(Op::Folder { path });
                }
            }
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => self.moved(call)?,
            "unlink" | "rmdir" | "unlinkat" => {
                let at = call.name == "unlinkat";
                let path = self.path(at.then(|| argument(0)), argument(usize::from(at)))?;
                if let Some(path) = path {
                    self.names.remove(&path);
                    self.ops.push(Op::Remove { path });
                }
            }
            "fsync" | "fdatasync" => {
                let path = self.below(&descriptor_of(argument(0))?.path);
                if let Some(path) = path
                    && (path.is_empty() || self.names.contains(&path))
                {
                    self.ops.push(Op::Sync { path, begun: since });
                }
            }
            "sendto" | "sendmsg" => {}
            "sync" | "syncfs" | "sync_file_range" => bail!("a sync that is not modeled"),
            other => {
                for argument in &call.arguments {
                    let named = argument.contains('"') && self.path(None, argument)?.is_some();
                    if named || argument.contains('<') && self.file(argument)?.is_some() {
                        bail!("{other} is not modeled");
                    }
                }
            }
        }
        Ok(())
    }

    fn moved(&mut self, call: &Call<'_>) -> Result<()> {
        let argument = |at: usize| call.arguments.get(at).copied().unwrap_or_default();
        let at = call.name.contains("at");
        let (from, to) = if at {
            (
                self.path(Some(argument(0)), argument(1))?,
                self.path(Some(argument(2)), argument(3))?,
            )
        } else {
            (self.path(None, argument(0))?, self.path(None, argument(1))?)
        };
        let (from, to) = match (from, to) {
            (None, None) => return Ok(()),
            (Some(from), Some(to)) => (from, to),
            _ => bail!("a name went in or out of the folder"),
        };
        let length = self.lengths.get(&from).copied().unwrap_or(0);
        self.names.insert(to.clone());
        self.lengths.insert(to.clone(), length);
        self.ops.push(if call.name.starts_with("link") {
            Op::Link { from, to }
        } else {
            self.names.remove(&from);
            Op::Rename { from, to }
        });
        Ok(())
    }
}

/// Reads a whole call; none for what is no call, such as the end of a process.
fn parse(text: &str) -> Result<Option<Call<'_>>> {
    if text.starts_with("+++") || text.starts_with("---") {
        return Ok(None);
    }
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(None);
    };
    // Strings are told in hexadecimal: this stands nowhere else.
    let Some((arguments, result)) = rest.rsplit_once(" = ") else {
        return Ok(None);
    };
    let arguments = arguments.trim_end();
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    if result.starts_with('?') {
        return Ok(None);
    }
    let digits: String = result
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    let opened = (result.contains('<') && !result.starts_with('-'))
        .then(|| descriptor_of(result))
        .transpose()?;
    Ok(Some(Call {
        name,
        arguments: split(arguments),
        result: digits.parse().context("what a call returned")?,
        opened,
    }))
}

/// The arguments of a call, split where no bracket is open.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn descriptor_of(text: &str) -> Result<Descriptor> {
    let (number, path) = match text.split_once('<') {
        Some((number, rest)) => (
            number,
            // What was taken away since is nobody's file.
            match rest.split_once('>') {
                Some((path, after)) if !after.contains("deleted") => {
                    String::from_utf8(unescaped(path)?)?
                }
                _ => String::new(),
            },
        ),
        None => (text, String::new()),
    };
    Ok(Descriptor {
        number: number.trim().parse().unwrap_or(u32::MAX),
        path,
    })
}

/// All strings in an argument, one after the other.
fn strings(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut parts = text.split('"');
    parts.next();
    while let Some(string) = parts.next() {
        bytes.extend(unescaped(string)?);
        let Some(after) = parts.next() else {
            break;
        };
        ensure!(
            !after.starts_with("..."),
            "a call with more bytes than are recorded"
        );
    }
    Ok(bytes)
}

fn unescaped(text: &str) -> Result<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return Ok(bytes),
            [b'\\', b'x', high, low, after @ ..] => {
                let byte = digit(*high)
                    .zip(digit(*low))
                    .map(|(high, low)| high * 16 + low)
                    .context("a byte is told in hexadecimal")?;
                bytes.push(u8::try_from(byte)?);
                rest = after;
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }

    fn recorded(lines: &[String]) -> Vec<Op> {
        let mut recorder = Recorder::new("/r");
        recorder.read(&lines.join("\n")).unwrap();
        recorder.ops
    }

    #[test]
    fn files_are_followed_from_their_making_to_their_sync() {
        let (file, part, folder) = (hex("/r/d/a"), hex("/r/d/a.part"), hex("/r/d"));
        let ops = recorded(&[
            format!("7  mkdir(\"{folder}\", 0700) = 0"),
            format!(
                "7  openat(AT_FDCWD<{}>, \"{part}\", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 5<{part}>",
                hex("/")
            ),
            format!("7  write(5<{part}>, \"{}\", 2) = 2", hex("ab")),
            format!(
                "7  writev(5<{part}>, [{{iov_base=\"{}\", iov_len=1}}, {{iov_base=\"{}\", iov_len=1}}], 2) = 2",
                hex("c"),
                hex("d")
            ),
            format!("7  pwrite64(5<{part}>, \"{}\", 1, 9) = 1", hex("z")),
            format!("7  fsync(5<{part}>) = 0"),
            format!("7  rename(\"{part}\", \"{file}\") = 0"),
            format!(
                "7  openat(AT_FDCWD<{}>, \"{folder}\", O_RDONLY) = 6<{folder}>",
                hex("/")
            ),
            format!("7  fsync(6<{folder}>) = 0"),
            format!(
                "7  unlink(\"{}\") = -1 ENOENT (No such file or directory)",
                hex("/r/d/b")
            ),
            format!("7  unlink(\"{file}\") = 0"),
            "7  +++ exited with 0 +++".to_owned(),
        ]);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            ops,
            [
                Op::Folder { path: text("d") },
                Op::Create {
                    path: text("d/a.part")
                },
                Op::Write {
                    path: text("d/a.part"),
                    offset: 0,
                    bytes: b"ab".to_vec()
                },
                Op::Write {
                    path: text("d/a.part"),
                    offset: 2,
                    bytes: b"cd".to_vec()
                },
                Op::Write {
                    path: text("d/a.part"),
                    offset: 9,
                    bytes: b"z".to_vec()
                },
                Op::Sync {
                    path: text("d/a.part"),
                    begun: 5
                },
                Op::Rename {
                    from: text("d/a.part"),
                    to: text("d/a")
                },
                Op::Sync {
                    path: text("d"),
                    begun: 7
                },
                Op::Remove { path: text("d/a") },
            ]
        );
    }

    #[test]
    fn a_child_process_with_the_same_number_moves_no_file_of_ours() {
        let (file, other, root) = (hex("/r/a"), hex("/lib/x"), hex("/"));
        let ops = recorded(&[
            format!(
                "7  openat(AT_FDCWD<{root}>, \"{file}\", O_WRONLY|O_CREAT|O_APPEND, 0600) = 5<{file}>"
            ),
            format!("7  write(5<{file}>, \"{}\", 2) = 2", hex("ab")),
            format!("8  openat(AT_FDCWD<{root}>, \"{other}\", O_RDONLY) = 5<{other}>"),
            format!("8  lseek(5<{other}>, 40, SEEK_SET) = 40"),
            format!("7  write(5<{file}>, \"{}\", 1) = 1", hex("c")),
        ]);
        let write = |offset, bytes: &[u8]| Op::Write {
            path: "a".to_owned(),
            offset,
            bytes: bytes.to_vec(),
        };
        assert_eq!(ops[1..], [write(0, b"ab"), write(2, b"c")]);
    }

    #[test]
    fn of_two_calls_that_overlap_the_worse_order_is_taken() {
        let file = hex("/r/a");
        let answer = hex("HTTP/1.1 201 Created\r\n\r\n{\"seq\":4,\"leaf\":\"ab12\"}");
        let socket = hex("socket:[1]");
        let ops = recorded(&[
            format!(
                "7  openat(AT_FDCWD<{}>, \"{file}\", O_RDWR|O_CREAT, 0600) = 5<{file}>",
                hex("/")
            ),
            format!(
                "7  pwrite64(5<{file}>, \"{}\", 1, 0 <unfinished ...>",
                hex("x")
            ),
            format!("8  fdatasync(5<{file}> <unfinished ...>"),
            "7  <... pwrite64 resumed>)           = 1".to_owned(),
            format!(
                "9  sendto(12<{socket}>, \"{answer}\", 52, MSG_NOSIGNAL, NULL, 0 <unfinished ...>"
            ),
            "8  <... fdatasync resumed>)          = 0".to_owned(),
            "9  <... sendto resumed>)             = 52".to_owned(),
        ]);
        assert_eq!(
            ops[1..],
            [
                Op::Write {
                    path: "a".to_owned(),
                    offset: 0,
                    bytes: b"x".to_vec()
                },
                Op::Told {
                    seq: 4,
                    leaf: "ab12".to_owned()
                },
                Op::Sync {
                    path: "a".to_owned(),
                    begun: 1
                },
            ],
            "the sync does not cover the write, and the answer does not wait for the sync"
        );
    }

    #[test]
    fn what_is_not_understood_is_no_record() {
        let file = hex("/r/a");
        let open = format!(
            "7  openat(AT_FDCWD<{}>, \"{file}\", O_RDWR|O_CREAT, 0600) = 5<{file}>",
            hex("/")
        );
        for line in [
            format!("7  fallocate(5<{file}>, 0, 0, 4096) = 0"),
            format!("7  pwrite64(5<{file}>, \"{}\"..., 9, 0) = 9", hex("x")),
            format!("7  rename(\"{file}\", \"{}\") = 0", hex("/elsewhere")),
            "7  sync() = 0".to_owned(),
        ] {
            let lines = format!("{open}\n{line}");
            assert!(Recorder::new("/r").read(&lines).is_err(), "{line}");
        }
    }
}
