package localmap

import "context"

// Settings are the stored settings whose key begins with prefix, by what follows it.
func (m *Map) Settings(ctx context.Context, prefix string) (map[string]string, error) {
	found := map[string]string{}
	err := m.read(ctx, func(q querier) error {
		clear(found)
		rows, err := q.QueryContext(ctx, "SELECT substr(key, length(?1) + 1), value FROM settings WHERE substr(key, 1, length(?1)) = ?1", prefix)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key, value string
			if err := rows.Scan(&key, &value); err != nil {
				return err
			}
			found[key] = value
		}
		return rows.Err()
	})
	return found, err
}
