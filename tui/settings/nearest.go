package settings

import "p4p/plain"

// short is a word of the file, for a message.
func short(s string) string { return plain.Line(s).Truncate(40).String() }

// nearest is " (do you mean WORD?)" for the word that a mistyped one is nearest to, ""
// if none is near.
func nearest(typed string, words []string) string {
	best, least := "", max(2, len(typed)/3)+1
	for _, w := range words {
		if d := distance(typed, w, least); d < least {
			best, least = w, d
		}
	}
	if best == "" {
		return ""
	}
	return " (do you mean " + best + "?)"
}

// distance is how many letters must be put in, taken out or changed to make b of a;
// most when it is at least that. It is Levenshtein's.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, before+cost)
		}
	}
	return min(row[len(b)], most)
}
