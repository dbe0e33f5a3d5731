//! What can be said of a packing record afterwards: what the server saw itself, what only the packer's device says, and what
//! nobody can say. A record without digits proves less, and says so.

use aftercare_domain::words::Words;
use aftercare_store::rows::PackingRecordRow;

/// What this server can say about a record, and what it cannot; nothing while it is open.
pub(super) fn attests(row: &PackingRecordRow) -> Vec<Words> {
    let Some(ended) = row.ended_at else {
        return Vec::new();
    };
    let (begun, ended) = (row.begun_at.to_china_minute(), ended.to_china_minute());
    let known = match (&row.nonce, row.offline) {
        (Some(nonce), _) => Words::new(
            format!(
                "服务器在 {begun} 给出校验码 {nonce}，到 {ended} 收齐文件，这两个时刻都在日志里。画面里能看到校验码的，就不早于 {begun}。"
            ),
            format!(
                "The server gave the digits {nonce} on {begun} and had every file by {ended}; both times are in the log. A picture that shows the digits is no older than {begun}."
            ),
        ),
        (None, true) => Words::new(
            format!(
                "打包时没有网络，画面里没有校验码。文件从 {begun} 起补传，到 {ended} 收齐，这两个时刻是服务器的，都在日志里：它只能证明文件在 {ended} 已经存在，不能证明不早于什么时候。"
            ),
            format!(
                "It was packed without a connection, and no picture shows digits. The files were sent afterwards from {begun}, and all had come by {ended}; both times are the server's and in the log: it can say that the files were there by {ended}, not that they are no older than any time."
            ),
        ),
        (None, false) => Words::new(
            format!(
                "文件在 {ended} 一次传来，事先没有给出校验码。服务器只能证明它们在这时已经存在。"
            ),
            format!(
                "The files came together on {ended}, and no digits were given before. The server can only say that they were there by then."
            ),
        ),
    };
    let unknown = Words::new(
        "服务器看不到包裹里有什么，也不能证明画面里的就是寄出的那一件：这是商家自己的记录。",
        "The server does not see what is in a parcel, nor can it say that what the pictures show is what was sent: this is the merchant's own record.",
    );
    let mut words = vec![known];
    words.extend(of_the_device(row));
    words.push(unknown);
    words
}

/// The times of the packer's device, where they are all that says when it was packed.
fn of_the_device(row: &PackingRecordRow) -> Option<Words> {
    let (begun, ended) = (row.client_begun_at?, row.client_ended_at?);
    if row.nonce.is_some() {
        return None;
    }
    let (begun, ended) = (begun.to_china_minute(), ended.to_china_minute());
    Some(Words::new(
        format!(
            "打包者的手机说：{begun} 开始，{ended} 封箱。这是那部手机自己的时钟，没有别的佐证。"
        ),
        format!(
            "The packer's device says: begun on {begun}, closed on {ended}. That is the device's own clock, and nothing else bears it out."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::attests;
    use aftercare_domain::Timestamp;
    use aftercare_domain::ids::{OrderId, PackingId, TenantId, UserId};
    use aftercare_store::rows::PackingRecordRow;
    use uuid::Uuid;

    fn record(nonce: Option<&str>, offline: bool) -> PackingRecordRow {
        PackingRecordRow {
            id: PackingId(Uuid::from_u128(1)),
            tenant: TenantId(Uuid::from_u128(2)),
            order: OrderId(Uuid::from_u128(3)),
            packer: UserId(Uuid::from_u128(4)),
            nonce: nonce.map(str::to_owned),
            offline,
            begun_at: Timestamp(1_793_581_200_000),
            ended_at: Some(Timestamp(1_793_584_800_000)),
            client_begun_at: Some(Timestamp(1_793_494_800_000)),
            client_ended_at: Some(Timestamp(1_793_494_860_000)),
            pieces: 1,
            chain: [0; 32],
            sealed: None,
            expired_at: None,
        }
    }

    #[test]
    fn a_record_without_digits_says_that_it_proves_less_and_whose_clock_is_whose() {
        let words = |nonce, offline| {
            let said = attests(&record(nonce, offline)).into_iter();
            said.map(|one| one.en).collect::<Vec<_>>().join("\n")
        };
        let with = words(Some("40716253"), false);
        assert!(with.contains("no older than 2026-11-02 09:00"), "{with}");
        assert!(!with.contains("device"), "{with}");
        let without = words(None, true);
        assert!(
            without.contains("not that they are no older than any time"),
            "{without}"
        );
        // The server's two times and the phone's two, each with its name.
        for time in [
            "from 2026-11-02 09:00",
            "by 2026-11-02 10:00",
            "begun on 2026-11-01 09:00",
            "closed on 2026-11-01 09:01",
            "the device's own clock",
        ] {
            assert!(without.contains(time), "{time}: {without}");
        }
        let open = PackingRecordRow {
            ended_at: None,
            ..record(None, true)
        };
        assert!(attests(&open).is_empty());
    }
}
