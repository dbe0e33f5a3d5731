//! What the use cases promise, over a real store and a real vault.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop the test where it cannot go on"
)]

mod accounts;
mod any_pack;
mod applications;
mod areas;
mod assistant;
mod blobs;
mod breaches;
mod callers;
mod calls;
mod carriers;
mod charges;
mod choices;
mod chosen;
#[path = "../../../media/tests/it/clip_writer.rs"]
mod clip_writer;
mod clips;
mod codes;
mod conversations;
mod cores;
mod corrections;
mod crew;
mod customers;
mod datum;
mod desk_texts;
mod desks;
mod drills;
mod equipment;
mod erasure;
mod exchange;
mod exits;
mod experience;
mod exports;
mod fairness;
#[expect(
    dead_code,
    reason = "the tests of media write fragments in more ways than a browser does"
)]
#[path = "../../../media/tests/it/fragment_writer.rs"]
mod fragment_writer;
mod genuine;
mod goods;
mod hearing;
mod imports;
mod inspections;
mod invoices;
mod kept_elsewhere;
mod late;
mod marks;
mod moves;
mod offline;
mod openings;
mod organization;
mod own_data;
mod own_work;
mod packing;
mod packs;
mod parts;
mod party;
mod planning;
mod planning_at_rest;
mod previews;
mod prices;
mod privacy;
mod ratings;
mod readings;
mod refunds;
mod rekeying;
mod relay;
mod renewing;
mod restamping;
mod retention;
mod retries;
mod reuse;
mod review_groups;
mod roads;
mod rules;
mod sandbox;
mod second_eyes;
mod servers;
mod sessions;
mod settled;
mod settlement;
mod shadow;
mod shop_products;
mod shops;
mod spoken;
mod tokens;
mod told;
#[path = "../../../media/tests/it/voice_writer.rs"]
mod voice_writer;
mod warranty;
mod webhooks;
mod work_photos;
mod world;
