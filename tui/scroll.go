package tui

// excerptOf is the part of lines that h rows have room for, around the one at that index,
// and where it begins. A row that hides others says so, and how many.
func (u *ui) excerptOf(lines []string, at, h int) (part []string, from int) {
	if len(lines) <= h || h < 3 {
		from = max(0, min(at, len(lines)-h))
		return lines[from:], from
	}
	from = max(0, min(at-h/2, len(lines)-h))
	part = append(part, lines[from:from+h]...)
	if from > 0 {
		part[0] = u.theme.Dim.Render("  ↑ " + count(from+1, "more row", "more rows"))
	}
	if rest := len(lines) - from - h; rest > 0 {
		part[h-1] = u.theme.Dim.Render("  ↓ " + count(rest+1, "more row", "more rows"))
	}
	return part, from
}
