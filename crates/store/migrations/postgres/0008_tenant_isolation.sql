-- Whose rows a connection sees: those of the tenant that it names in `aftercare.tenant` (32 hexadecimal digits), those of all where
-- it names `*`, and none where it names nobody. The owner of the tables is bound like anybody else; a superuser, and a role that
-- may bypass row security, are not.
SET LOCAL lock_timeout = '2s';

CREATE FUNCTION sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('aftercare.tenant', true) = '*', false)
$$;
-- Whatever else is named is nobody.
CREATE FUNCTION sees_tenant() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN current_setting('aftercare.tenant', true) ~ '^[0-9a-f]{32}$'
        THEN decode(current_setting('aftercare.tenant', true), 'hex') END
$$;

-- Each is asked once a statement, not once a row.
DO $$
DECLARE
    bound text;
BEGIN
    FOREACH bound IN ARRAY ARRAY[
        'api_tokens', 'case_ends', 'case_view', 'claim_view', 'evidence_blobs', 'fingerprints', 'key_rotations', 'legal_holds',
        'listing_photos', 'orders', 'outbox', 'outlets', 'persons', 'price_book', 'products', 'rule_packs', 'sessions',
        'technicians', 'users', 'webhooks', 'work_order_view'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', bound);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', bound);
        EXECUTE format(
            'CREATE POLICY of_tenant ON %I USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()))', bound
        );
    END LOOP;
    -- Rows that say by another row whose they are: that one has to be seen.
    FOREACH bound IN ARRAY ARRAY[
        'case_access', 'case_keys', 'clock_view', 'one_time_links', 'order_lines', 'skus', 'tenants', 'webhook_deliveries'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', bound);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', bound);
    END LOOP;
END;
$$;
CREATE POLICY of_tenant ON tenants USING ((SELECT sees_all()) OR id = (SELECT sees_tenant()));
CREATE POLICY of_tenant ON case_access USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM case_view v WHERE v.case_id = case_access."case")
);
CREATE POLICY of_tenant ON case_keys USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM case_view v WHERE v.case_id = case_keys."case")
);
CREATE POLICY of_tenant ON clock_view USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM case_view v WHERE v.case_id = clock_view.case_id)
);
CREATE POLICY of_tenant ON one_time_links USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM users u WHERE u.id = one_time_links."user")
);
CREATE POLICY of_tenant ON order_lines USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM orders o WHERE o.id = order_lines."order")
);
CREATE POLICY of_tenant ON skus USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM products p WHERE p.id = skus.product)
);
CREATE POLICY of_tenant ON webhook_deliveries USING (
    (SELECT sees_all()) OR EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_deliveries.webhook)
);
