//! Shops in the story of stores: each shop of a tenant keeps its own products, and has its own cases.

use crate::rows::Shop;
use crate::story::{refused, write, writes};
use aftercare_domain::ids::ProductId;
use aftercare_store::rows::ProductRow;
use aftercare_store::{CaseFilter, Store, StoreError, WorkOrderFilter, Write};
use uuid::Uuid;

/// Two shops may have the same code, and one has it once.
pub(crate) async fn shops_keep_their_own_products(store: &dyn Store, shop: &Shop) {
    let (tenant, code) = (shop.tenant.id, shop.product.code.as_str());
    let of_shop = |id: u128, name: &str| ProductRow {
        id: ProductId(Uuid::from_u128(id)),
        shop: Some(name.to_owned()),
        ..shop.product.clone()
    };
    let (east, north) = (of_shop(0x7801, "east"), of_shop(0x7802, "north"));
    let rows = vec![Write::Product(north.clone()), Write::Product(east.clone())];
    write(store, rows).await;
    for (of, kept) in [
        (None, Some(&shop.product)),
        (Some("north"), Some(&north)),
        (Some("east"), Some(&east)),
        (Some("south"), None),
    ] {
        let found = store.product_by_code(tenant, of, code).await;
        assert_eq!(found.expect("a read").as_ref(), kept, "{of:?}");
    }
    let all = store.products(tenant).await.expect("a read");
    assert_eq!(all, vec![shop.product.clone(), east, north]);
    let twice = of_shop(0x7803, "north");
    let error = refused(store, writes(vec![Write::Product(twice)])).await;
    assert!(matches!(error, StoreError::Unique(_)), "{error}");
}

/// No case is about an order of a shop: for one of them there is no case and no repair.
pub(crate) async fn nothing_is_of_a_shop(store: &dyn Store, shop: &Shop) {
    let (tenant, north) = (Some(shop.tenant.id), Some(vec!["north".to_owned()]));
    let cases = CaseFilter {
        tenant,
        shops: north.clone(),
        ..CaseFilter::default()
    };
    let repairs = WorkOrderFilter {
        tenant,
        shops: north,
        ..WorkOrderFilter::default()
    };
    let cases = store.cases(&cases, None, 10).await.expect("cases");
    let repairs = store.work_orders(&repairs, None, 10).await;
    let found = (cases.items.len(), repairs.expect("repairs").items.len());
    assert_eq!(found, (0, 0));
}
