package localmap

import (
	"context"
	"database/sql"
	"errors"

	"p4p/protocol"
)

// OutboxPicture is the picture to be put before a record that waits, nil when it
// has none or does not wait.
func (m *Map) OutboxPicture(ctx context.Context, id protocol.UUID) ([]byte, error) {
	var picture []byte
	err := m.read(ctx, func(q querier) error {
		err := q.QueryRowContext(ctx, "SELECT picture FROM outbox WHERE id = ?", id[:]).Scan(&picture)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return picture, err
}
