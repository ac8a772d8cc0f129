/**
 * Parts of the schema that keep numbers up to date, so that no request counts a million rows. They are triggers: no
 * statement, and no later release, can forget them. Never edit them, as they are steps of the schema.
 */

/** The bit of each recipe in `person_counts`. */
export const BITS = { emailpassword: 1, thirdparty: 2, passwordless: 4 } as const

/** The recipes of a person's other rows in one tenant, or in all. */
const othersWhere = (condition: string) => `(SELECT coalesce(sum(DISTINCT bit), 0) FROM user_tenants WHERE primary_id = NEW.primary_id AND ${condition})`

/**
 * Persons by tenant and by the set of recipes that their login methods there have, one bit each. A person with several
 * methods counts once for every question. Tenant '' holds those of all tenants together.
 *
 * Two views take the changes, so that what a change means is written once. `sign` is 1 for a row that has come and -1 for
 * one that has gone; with and without that row, the person has the recipes of `others`.
 */
export const COUNTED_PERSONS = `
  ALTER TABLE user_tenants ADD COLUMN bit INTEGER AS (CASE recipe ${Object.entries(BITS).map(([recipe, bit]) => `WHEN '${recipe}' THEN ${bit}`).join(' ')} END);
  CREATE INDEX user_tenants_methods ON user_tenants (primary_id, tenant_id, recipe);
  CREATE TABLE person_counts (
    tenant_id TEXT NOT NULL, recipes INTEGER NOT NULL, persons INTEGER NOT NULL, PRIMARY KEY (tenant_id, recipes)) STRICT, WITHOUT ROWID;
  INSERT INTO person_counts (tenant_id, recipes, persons)
    SELECT tenant_id, recipes, count(*) FROM (SELECT tenant_id, sum(DISTINCT bit) AS recipes FROM user_tenants GROUP BY primary_id, tenant_id) GROUP BY 1, 2
    UNION ALL SELECT '', recipes, count(*) FROM (SELECT sum(DISTINCT bit) AS recipes FROM user_tenants GROUP BY primary_id) GROUP BY 2;

  CREATE VIEW person_moves AS SELECT tenant_id, recipes AS others, 0 AS bit, 1 AS sign FROM person_counts;
  CREATE TRIGGER person_moved INSTEAD OF INSERT ON person_moves WHEN NEW.others & NEW.bit = 0 BEGIN
    INSERT INTO person_counts (tenant_id, recipes, persons) VALUES (NEW.tenant_id, NEW.others + NEW.bit, NEW.sign)
      ON CONFLICT (tenant_id, recipes) DO UPDATE SET persons = persons + NEW.sign;
    UPDATE person_counts SET persons = persons - NEW.sign WHERE tenant_id = NEW.tenant_id AND recipes = NEW.others;
  END;
  CREATE VIEW membership_changes AS SELECT user_id, tenant_id, primary_id, bit, 1 AS sign FROM user_tenants;
  CREATE TRIGGER membership_changed INSTEAD OF INSERT ON membership_changes BEGIN
    INSERT INTO person_moves VALUES (NEW.tenant_id, ${othersWhere('tenant_id = NEW.tenant_id AND user_id <> NEW.user_id')}, NEW.bit, NEW.sign);
    INSERT INTO person_moves VALUES ('', ${othersWhere('(user_id <> NEW.user_id OR tenant_id <> NEW.tenant_id)')}, NEW.bit, NEW.sign);
  END;

  CREATE TRIGGER user_tenants_joined AFTER INSERT ON user_tenants BEGIN
    INSERT INTO membership_changes VALUES (NEW.user_id, NEW.tenant_id, NEW.primary_id, NEW.bit, 1);
  END;
  CREATE TRIGGER user_tenants_left AFTER DELETE ON user_tenants BEGIN
    INSERT INTO membership_changes VALUES (OLD.user_id, OLD.tenant_id, OLD.primary_id, OLD.bit, -1);
  END;
  CREATE TRIGGER user_tenants_moved AFTER UPDATE OF primary_id ON user_tenants WHEN OLD.primary_id <> NEW.primary_id BEGIN
    INSERT INTO membership_changes VALUES (OLD.user_id, OLD.tenant_id, OLD.primary_id, OLD.bit, -1);
    INSERT INTO membership_changes VALUES (NEW.user_id, NEW.tenant_id, NEW.primary_id, NEW.bit, 1);
  END;
`

/** Milliseconds of the spans, as powers of two: 16 s, 9 min and 4.7 h. Of each there are 32 in the next. */
export const SPANS = [14, 19, 24] as const

const ofSpans = (write: (span: number) => string) => SPANS.map(write).join('')
const came = (span: number) => `
    INSERT INTO activity_counts (span, place, users) VALUES (${span}, NEW.last_active >> ${span}, 1)
      ON CONFLICT (span, place) DO UPDATE SET users = users + 1;`
const went = (span: number) => `
    UPDATE activity_counts SET users = users - 1 WHERE span = ${span} AND place = OLD.last_active >> ${span};
    DELETE FROM activity_counts WHERE span = ${span} AND place = OLD.last_active >> ${span} AND users = 0;`

/** Users by the span of time in which they were last active. Empty spans go, so there are no more than users. */
export const COUNTED_ACTIVITY = `
  CREATE TABLE activity_counts (span INTEGER NOT NULL, place INTEGER NOT NULL, users INTEGER NOT NULL, PRIMARY KEY (span, place)) STRICT, WITHOUT ROWID;
  INSERT INTO activity_counts (span, place, users)
    ${SPANS.map((span) => `SELECT ${span}, last_active >> ${span}, count(*) FROM active_users GROUP BY 2`).join(' UNION ALL ')};
  CREATE TRIGGER active_users_added AFTER INSERT ON active_users BEGIN${ofSpans(came)}
  END;
  CREATE TRIGGER active_users_removed AFTER DELETE ON active_users BEGIN${ofSpans(went)}
  END;${SPANS.map((span) => `
  CREATE TRIGGER active_users_moved_${span} AFTER UPDATE OF last_active ON active_users WHEN OLD.last_active >> ${span} <> NEW.last_active >> ${span} BEGIN${went(span)}${came(span)}
  END;`).join('')}
`
