//! Help teaches: a snapshot of each page, so that a change of the stable command line is seen.

use super::aftercare;

#[test]
fn help_pages() {
    for (name, args) in [
        ("aftercare", &["--help"][..]),
        ("demo", &["demo", "--help"]),
        ("serve", &["serve", "--help"]),
        ("worker", &["worker", "--help"]),
        ("migrate", &["migrate", "--help"]),
        ("doctor", &["doctor", "--help"]),
        ("user_init", &["user", "init", "--help"]),
        ("user_link", &["user", "link", "--help"]),
        ("tenant_add", &["tenant", "add", "--help"]),
        ("tenant_list", &["tenant", "list", "--help"]),
        ("case_list", &["case", "list", "--help"]),
        ("messages", &["messages", "--help"]),
        ("person_shred", &["person", "shred", "--help"]),
        ("pack", &["pack", "--help"]),
        ("retention_run", &["retention", "run", "--help"]),
        ("retention_hold", &["retention", "hold", "--help"]),
        ("retention_release", &["retention", "release", "--help"]),
        ("projections_rebuild", &["projections", "rebuild", "--help"]),
        ("evidence_reindex", &["evidence", "reindex", "--help"]),
        ("rows_reseal", &["rows", "reseal", "--help"]),
        ("keys_rotate", &["keys", "rotate", "--help"]),
        ("keys_status", &["keys", "status", "--help"]),
        ("vaultd_run", &["vaultd", "run", "--help"]),
        ("vaultd_adopt", &["vaultd", "adopt", "--help"]),
        ("vaultd_release", &["vaultd", "release", "--help"]),
        ("vaultd_backup", &["vaultd", "backup", "--help"]),
        ("vaultd_restore", &["vaultd", "restore", "--help"]),
        ("vaultd_status", &["vaultd", "status", "--help"]),
        ("vaultd_check", &["vaultd", "check", "--help"]),
        ("log_verify", &["log", "verify", "--help"]),
        ("log_export", &["log", "export", "--help"]),
        ("log_renew", &["log", "renew", "--help"]),
        ("bundle_export", &["bundle", "export", "--help"]),
        ("bundle_verify", &["bundle", "verify", "--help"]),
        ("card_read", &["card", "read", "--help"]),
        ("receipt_verify", &["receipt", "verify", "--help"]),
        ("witness", &["witness", "--help"]),
        ("monitor", &["monitor", "--help"]),
        ("inspect", &["inspect", "--help"]),
        ("labels_read", &["labels", "read", "--help"]),
        ("region_resolve", &["region", "resolve", "--help"]),
        ("region_lint", &["region", "lint", "--help"]),
        ("labels_check", &["labels", "check", "--help"]),
        ("dispatch_solve", &["dispatch", "solve", "--help"]),
        ("dispatch_simulate", &["dispatch", "simulate", "--help"]),
        ("exchange_serve", &["exchange", "serve", "--help"]),
        ("exchange_join", &["exchange", "join", "--help"]),
        ("exchange_sync", &["exchange", "sync", "--help"]),
        ("exchange_match", &["exchange", "match", "--help"]),
        ("exchange_publish", &["exchange", "publish", "--help"]),
        ("exchange_appeal", &["exchange", "appeal", "--help"]),
        ("exchange_audit", &["exchange", "audit", "--help"]),
        ("exchange_simulate", &["exchange", "simulate", "--help"]),
        ("backup", &["backup", "--help"]),
        ("restore", &["restore", "--help"]),
        ("dump", &["dump", "--help"]),
    ] {
        let said = aftercare(args);
        assert_eq!(said.code, 0, "{name}: {}", said.err);
        insta::assert_snapshot!(name, said.out);
    }
}
