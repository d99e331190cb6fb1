package localmap

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// table is rows of one table. A value is null, a whole number, a text, or bytes
// as {"b":"base64"}.
type table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

type blob struct {
	B []byte `json:"b"`
}

func tableNames(ctx context.Context, q querier) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'goose_db_version' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	return names, rows.Err()
}

func readTables(ctx context.Context, q querier) ([]table, error) {
	names, err := tableNames(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []table
	for _, name := range names {
		t, err := readTable(ctx, q, name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func readTable(ctx context.Context, q querier, name string) (table, error) {
	t := table{Name: name, Rows: [][]any{}}
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+name) // ours, or a name that the schema has
	if err != nil {
		return t, err
	}
	defer rows.Close()
	if t.Columns, err = rows.Columns(); err != nil {
		return t, err
	}
	for rows.Next() {
		values := make([]any, len(t.Columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = blob{slices.Clone(b)}
			}
		}
		t.Rows = append(t.Rows, values)
	}
	return t, rows.Err()
}

// filler is a connection that is written to.
type filler interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// fill replaces the content of all tables, inside a transaction. Names that the
// schema does not have are refused before they come near a statement.
func fill(ctx context.Context, q filler, tables []table) error {
	names, err := tableNames(ctx, q)
	if err != nil {
		return err
	}
	// Who points to whom counts at the commit: in between, the order is free.
	if _, err := q.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := q.ExecContext(ctx, "DELETE FROM "+name); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if !slices.Contains(names, t.Name) {
			return fmt.Errorf("it has the unknown table %q", t.Name)
		}
		if err := t.insert(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (t table) insert(ctx context.Context, q filler) error {
	there, err := readTable(ctx, q, t.Name)
	if err != nil {
		return err
	}
	for _, c := range t.Columns {
		if !slices.Contains(there.Columns, c) {
			return fmt.Errorf("the table %s has the unknown column %q", t.Name, c)
		}
	}
	query := "INSERT INTO " + t.Name + " (" + strings.Join(t.Columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", max(0, len(t.Columns)-1)) + ")"
	for _, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("a row of the table %s has %d values for %d columns", t.Name, len(row), len(t.Columns))
		}
		values := make([]any, len(row))
		for i, v := range row {
			if values[i], err = stored(v); err != nil {
				return fmt.Errorf("the table %s: %w", t.Name, err)
			}
		}
		if _, err := q.ExecContext(ctx, query, values...); err != nil {
			return fmt.Errorf("the table %s: %w", t.Name, err)
		}
	}
	return nil
}

// stored is a value of the document as the database takes it.
func stored(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64:
		return v, nil
	case json.Number:
		return v.Int64()
	case blob:
		return orEmpty(v.B), nil
	case map[string]any:
		text, ok := v["b"].(string)
		if !ok || len(v) != 1 {
			return nil, errors.New("a value is of no known kind")
		}
		var b blob
		err := json.Unmarshal([]byte(`{"b":"`+text+`"}`), &b)
		return orEmpty(b.B), err
	default:
		return nil, fmt.Errorf("a value is a %T", v)
	}
}

// orEmpty keeps no bytes apart from NULL.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
