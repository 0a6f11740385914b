package files

import "strings"

// EditGitignore gives the edit after which a .gitignore ignores each of patterns, paths
// beside it such as "handover/". A line that ignores the same path in another
// spelling, or everything, is enough; a later "!" line for it takes that back,
// and then the pattern is added behind it.
func EditGitignore(file Snapshot, patterns ...string) Edit {
	e := Edit{Before: file, After: file.Bytes, Mode: 0o644}
	eol := "\n"
	if strings.Contains(string(file.Bytes), "\r\n") {
		eol = "\r\n"
	}
	for _, pattern := range patterns {
		text := string(e.After)
		if ignores(text, pattern) {
			continue
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += eol
		}
		e.After = Content(text + pattern + eol)
		e.Fields = append(e.Fields, Field{Name: "ignore", After: pattern})
	}
	return e
}

// ignores tells whether the last line about pattern ignores it.
func ignores(text, pattern string) bool {
	ignored := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		body, negated := strings.CutPrefix(line, "!")
		if spelling := canonical(body); spelling == canonical(pattern) || spelling == "" {
			ignored = !negated
		}
	}
	return ignored
}

// canonical drops the spellings that mean the same for a path beside the
// .gitignore: "/x", "x/", "**/x", "x/**" and "x/*" all ignore what is in x. The
// patterns that ignore everything give "".
func canonical(pattern string) string {
	pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "**/"), "/")
	for _, end := range []string{"/**", "/*", "/"} {
		pattern = strings.TrimSuffix(pattern, end)
	}
	if pattern == "*" || pattern == "**" {
		return ""
	}
	return pattern
}
