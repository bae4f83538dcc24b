-- A database of its own: everything that it says, and every byte of its file, is the same in both rings.
.bail off
.headers on
PRAGMA page_size = 1024;
PRAGMA journal_mode = wal;
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, born REAL, picture BLOB);
CREATE TABLE payment(id INTEGER PRIMARY KEY, person REFERENCES person ON DELETE CASCADE, amount NUMERIC CHECK (amount > 0));
CREATE INDEX payment_person ON payment(person, amount DESC);
CREATE TABLE journal(what TEXT) STRICT;
CREATE TRIGGER paid AFTER INSERT ON payment WHEN new.amount > 990 BEGIN
	INSERT INTO journal VALUES (format('%d paid %.2f', new.person, new.amount));
END;
PRAGMA foreign_keys = on;

BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO person SELECT i, printf('person %05d', i * 7919 % 10007), i * 1.1, zeroblob(i % 50) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO payment(person, amount) SELECT i * 31 % 2000 + 1, i * 7919 % 1000 + 0.25 FROM n;
COMMIT;

SELECT count(*), sum(amount), avg(amount), min(amount), max(amount) FROM payment;
SELECT count(*) FROM journal;
SELECT name, sum(amount) AS total, rank() OVER (ORDER BY sum(amount) DESC) AS place
	FROM person JOIN payment ON payment.person = person.id GROUP BY person.id ORDER BY total DESC, name LIMIT 5;
EXPLAIN QUERY PLAN SELECT amount FROM payment WHERE person = 7 ORDER BY amount DESC;

-- What must fail, and what takes it back.
INSERT INTO payment(person, amount) VALUES (1, -5);
INSERT INTO payment(person, amount) VALUES (99999, 5);
INSERT INTO journal VALUES (x'00');
SELECT nothing FROM nowhere;
BEGIN; DELETE FROM person; SELECT count(*) FROM payment; ROLLBACK; SELECT count(*) FROM payment;
SAVEPOINT one; UPDATE payment SET amount = amount * 2 WHERE id % 2; ROLLBACK TO one; RELEASE one;
DELETE FROM person WHERE id % 3 = 0;
UPDATE person SET picture = randomblob(0) WHERE id < 100;

SELECT json_group_array(json_object('id', id, 'name', name)) FROM (SELECT id, name FROM person ORDER BY name LIMIT 3);
SELECT sin(1), exp(1), ln(2), sqrt(2), pow(2, 0.5), 1e308 * 10, -7 % 3, 9223372036854775807 + 1;
SELECT datetime(1700000000, 'unixepoch'), julianday('2024-02-29'), strftime('%W %j', '2024-12-31'), upper('gr' || char(252) || 'n'), 'a' LIKE 'A';

PRAGMA integrity_check;
PRAGMA wal_checkpoint(truncate);
PRAGMA journal_mode = delete;
VACUUM;
PRAGMA page_count;
.sha3sum
.mode list
SELECT 'file', lower(hex(sha3(readfile(file), 256))), length(readfile(file)) FROM pragma_database_list;
.exit 3
