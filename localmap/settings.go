package localmap

import (
	"context"
	"database/sql"
	"errors"
)

// Draft is an unfinished text, "" when there is none. where is the caller's name
// for the place it is written in.
func (m *Map) Draft(ctx context.Context, where string) (string, error) {
	return m.text(ctx, "SELECT text FROM drafts WHERE place = ?", where)
}

// SaveDraft keeps an unfinished text; "" deletes it.
func (m *Map) SaveDraft(ctx context.Context, where, text string) error {
	if text == "" {
		return m.exec(ctx, "DELETE FROM drafts WHERE place = ?", where)
	}
	return m.exec(ctx, "INSERT INTO drafts (place, text) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET text = excluded.text", where, text)
}

// Setting is a stored setting, "" when there is none.
func (m *Map) Setting(ctx context.Context, key string) (string, error) {
	return m.text(ctx, "SELECT value FROM settings WHERE key = ?", key)
}

// SetSetting stores a setting; "" deletes it.
func (m *Map) SetSetting(ctx context.Context, key, value string) error {
	if value == "" {
		return m.exec(ctx, "DELETE FROM settings WHERE key = ?", key)
	}
	return m.exec(ctx, "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
}

func (m *Map) text(ctx context.Context, query, key string) (string, error) {
	var s string
	err := m.read(ctx, func(q querier) error {
		err := q.QueryRowContext(ctx, query, key).Scan(&s)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return s, err
}

func (m *Map) exec(ctx context.Context, query string, args ...any) error {
	return m.write(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, query, args...)
		return err
	})
}
