package protocol

import "fmt"

// printed is each value in the forms that a log line or an error might use.
func printed(values ...any) []string {
	var out []string
	for _, v := range values {
		out = append(out, fmt.Sprint(v), fmt.Sprintf("%s", v), fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v))
	}
	return out
}
