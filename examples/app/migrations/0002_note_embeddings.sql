-- Up Migration
-- The type comes from the extension `vector`, which an administrator creates: a migration is no superuser.
ALTER TABLE notes ADD COLUMN embedding vector(8);
CREATE INDEX notes_embedding_idx ON notes USING hnsw (embedding vector_l2_ops);

-- Down Migration
DROP INDEX notes_embedding_idx;
ALTER TABLE notes DROP COLUMN embedding;
