CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id), title TEXT NOT NULL);
CREATE TABLE chapter (id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book (id), title TEXT NOT NULL);
CREATE INDEX book_author ON book (author_id);
CREATE INDEX chapter_book ON chapter (book_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO author (id, name) SELECT i, 'name of author ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
INSERT INTO book (id, author_id, title) SELECT i + 1, i / 10 + 1, 'title of book ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
INSERT INTO chapter (id, book_id, title) SELECT i + 1, i / 10 + 1, 'title of chapter ' || i FROM n;
