package store

import (
	"context"
	"database/sql"
	"io"
	"strconv"

	"github.com/google/uuid"

	"p4p/protocol"
)

const (
	metaServer = "server"
	metaEpoch  = "epoch"
)

var applicationIDText = strconv.Itoa(applicationID)

// putMeta stores a new random UUID (version 4) under name.
func putMeta(ctx context.Context, tx *sql.Tx, name string, random io.Reader) error {
	u, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, u[:])
	return err
}

func getMeta(ctx context.Context, tx *sql.Tx, name string) (protocol.UUID, error) {
	var u dbUUID
	err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&u)
	return protocol.UUID(u), err
}

func readHead(ctx context.Context, tx *sql.Tx) (uint64, error) {
	var head uint64
	err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM records").Scan(&head)
	return head, err
}
