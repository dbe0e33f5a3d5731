//! The settings of an organization, who changed them, and what a new one still lacks.

use crate::world::World;
use aftercare_app::ErrorKind;
use aftercare_app::preferences::{Preference, Quiet};
use aftercare_app::settings::CalendarInput;
use aftercare_app::setup::SetupStep;
use aftercare_domain::Role;
use aftercare_domain::time::DAY_MS;
use aftercare_vault::files::note_failed_backup;

async fn steps(world: &World) -> Vec<SetupStep> {
    world.app.setup(&world.admin).await.unwrap()
}

fn step<'a>(steps: &'a [SetupStep], name: &str) -> &'a SetupStep {
    steps.iter().find(|step| step.name == name).unwrap()
}

#[tokio::test]
async fn settings_change_and_the_log_says_who_changed_which() {
    let world = World::new().await;
    let app = &world.app;
    assert_eq!(app.setting_changes(&world.admin).await.unwrap(), []);
    app.rename_organization(&world.admin, " 示例电器店 ")
        .await
        .unwrap();
    let hotline = Some("0571-0000 0000".to_owned());
    app.set_hotline(&world.admin, hotline).await.unwrap();
    let calendar = CalendarInput {
        monday: vec!["09:00-18:00".to_owned()],
        ..CalendarInput::default()
    };
    app.set_calendar(&world.admin, Some(calendar))
        .await
        .unwrap();
    let quiet = Quiet::read("22:00-08:00").unwrap();
    app.set_quiet_hours(&world.admin, quiet).await.unwrap();
    // What somebody chooses for themselves is theirs.
    let own = Preference::default();
    app.choose_preference(&world.agent, own).await.unwrap();
    // Of another organization nothing is told here.
    app.create_tenant("另一家店", "other-admin").await.unwrap();

    let world = world.restarted().await;
    let view = world.app.settings(&world.auditor).await.unwrap();
    assert_eq!(view.name, "示例电器店");
    assert_eq!(view.hotline.as_deref(), Some("0571-0000 0000"));
    assert_eq!(view.quiet_hours.as_deref(), Some("22:00-08:00"));
    let changes = world.app.setting_changes(&world.auditor).await.unwrap();
    let named: Vec<_> = changes.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        named,
        ["quiet_hours", "calendar", "hotline", "organization_name"]
    );
    for change in &changes {
        assert_eq!(change.by.as_deref(), Some("管理员"), "{change:?}");
        let proof = world.app.log_proof(change.seq).await.unwrap();
        assert_eq!(proof.seq, change.seq, "it stands in the log");
    }
    for (name, who) in world.everybody() {
        let renamed = world.app.rename_organization(who, "谁都可以").await;
        let quiet = world.app.set_quiet_hours(who, None).await;
        let changes = world.app.setting_changes(who).await;
        let may = |done: Result<(), aftercare_app::AppError>, may: bool| {
            let refused = done.err().map(|error| error.kind);
            assert_eq!(refused, (!may).then_some(ErrorKind::Forbidden), "{name}");
        };
        may(renamed, name == "admin");
        may(quiet, name == "admin");
        may(changes.map(|_| ()), matches!(name, "admin" | "auditor"));
    }
    for wrong in ["", "  ", "店".repeat(200).as_str()] {
        let error = world.app.rename_organization(&world.admin, wrong).await;
        assert_eq!(error.unwrap_err().field.as_deref(), Some("name"));
    }
}

#[tokio::test]
async fn the_first_steps_see_by_themselves_what_is_done() {
    let world = World::new().await;
    let before = steps(&world).await;
    // The world of these tests has products, prices and a technician, and nobody can sign in as a reviewer.
    for (name, done) in [
        ("contact", false),
        ("hours", false),
        ("users", false),
        ("admins", false),
        ("products", true),
        ("prices", true),
        ("outlets", false),
        ("technicians", true),
        ("rules", false),
        ("messages", false),
        ("mail", false),
        ("backup", false),
        ("witness", false),
    ] {
        assert_eq!(step(&before, name).done, done, "{name}");
    }
    assert_eq!(before.len(), 13);
    assert_eq!(step(&before, "products").count, Some(2));
    let lacks = &step(&before, "users").lacks;
    assert!(
        lacks.contains(&Role::Reviewer) && !lacks.contains(&Role::Agent),
        "{lacks:?}"
    );

    let hotline = Some("0571-0000 0000".to_owned());
    world.app.set_hotline(&world.admin, hotline).await.unwrap();
    assert_eq!(
        world
            .import_outlets(
                "code,name,county,latitude,longitude\nOUT-1,示例网点,330106,30.25,120.17\n"
            )
            .await,
        [""; 0]
    );
    // The file that a backup leaves, or that somebody touches who makes one in another way.
    let data = world.folder.path().join("data");
    let noted = std::fs::File::create(data.join("last-backup")).unwrap();
    let now_ms = u64::try_from(world.app.now().0).unwrap();
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now_ms);
    noted.set_modified(now).unwrap();
    let after = steps(&world).await;
    for name in ["contact", "outlets", "backup"] {
        assert!(step(&after, name).done, "{name}");
    }
    assert_eq!(step(&after, "backup").at, Some(world.app.now()));
    let health = world.app.health(&world.admin).await.unwrap();
    assert_eq!(
        (health.backup, health.backup_is_due, health.backup_failed),
        (Some(world.app.now()), false, None)
    );
    world.clock.advance_ms(7 * DAY_MS + 1);
    assert!(!step(&steps(&world).await, "backup").done, "a week later");
    note_failed_backup(&data, "the storage is away").unwrap();
    let health = world.app.health(&world.admin).await.unwrap();
    assert!(health.backup_is_due && health.backup_failed.is_some());
    for (name, who) in world.everybody() {
        let may = world.app.setup(who).await.is_ok();
        assert_eq!(may, name == "admin", "{name}");
    }
}
