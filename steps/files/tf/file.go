package tf

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"stateroom/steps/files"
)

// hclFile is one file under edit: the splices of all its blocks and what they
// mean. hclsyntax says where things are and the bytes are spliced, since
// hclwrite turns tabs into spaces when it writes back what it has read.
type hclFile struct {
	file    files.Snapshot
	tokens  hclsyntax.Tokens
	splices files.Splices
	fields  []files.Field
	notes   []string
}

func openHCL(file files.Snapshot) *hclFile {
	tokens, _ := hclsyntax.LexConfig(file.Bytes, file.Path, hcl.InitialPos) // the file has been parsed already
	return &hclFile{file: file, tokens: tokens}
}

// edit gives the result, which must still parse. What terraform fmt has nothing to
// say of stays so, for a team whose checks run it; everything else is left as it was
// written.
func (f *hclFile) edit() (files.Edit, error) {
	after := f.splices.Apply(f.file.Bytes)
	if !bytes.Equal(after, f.file.Bytes) && bytes.Equal(hclwrite.Format(f.file.Bytes), f.file.Bytes) {
		after = hclwrite.Format(after)
	}
	if _, err := parseHCL(f.file.Path, after); err != nil {
		return files.Edit{}, &files.Error{
			Action: "edit", Path: f.file.Path,
			Problem: "the blocks in it are written in a way that cannot be edited safely",
			Remedy:  "run terraform fmt, or write the change by hand",
		}
	}
	return files.Edit{Before: f.file, After: after, Fields: f.fields, Notes: f.notes, Mode: 0o644}, nil
}

func (f *hclFile) note(line int, format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf("%s: ", files.Place{Path: f.file.Path, Line: line})+fmt.Sprintf(format, args...))
}

func (f *hclFile) text(r hcl.Range) string { return string(f.file.Bytes[r.Start.Byte:r.End.Byte]) }

// newlineAfter gives the end of the line that holds the byte before at, as
// Terraform's lexer sees it: a newline inside a comment does not count. It is
// -1 when something else follows on the line.
func (f *hclFile) newlineAfter(at int) int {
	for _, t := range f.tokens {
		if t.Range.Start.Byte < at {
			continue
		}
		switch {
		case t.Type == hclsyntax.TokenNewline, t.Type == hclsyntax.TokenComment && strings.HasSuffix(string(t.Bytes), "\n"):
			return t.Range.End.Byte
		case t.Type != hclsyntax.TokenComment:
			return -1
		}
	}
	return -1
}

// lineStart gives the end of the last newline before at; 0 on the first line.
func (f *hclFile) lineStart(at int) int {
	start := 0
	for _, t := range f.tokens {
		if t.Range.End.Byte > at {
			break
		}
		if t.Type == hclsyntax.TokenNewline || t.Type == hclsyntax.TokenComment && strings.HasSuffix(string(t.Bytes), "\n") {
			start = t.Range.End.Byte
		}
	}
	return start
}

// indent gives the white space at the start of the line that holds at.
func (f *hclFile) indent(at int) string {
	line := string(f.file.Bytes[f.lineStart(at):at])
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// eol gives the line ending of the file.
func (f *hclFile) eol() string {
	for _, t := range f.tokens {
		if t.Type == hclsyntax.TokenNewline && string(t.Bytes) == "\r\n" {
			return "\r\n"
		}
		if t.Type == hclsyntax.TokenNewline {
			return "\n"
		}
	}
	return "\n"
}

// removeItem takes out an argument or block with its line and the comment
// behind it; comments above it stay.
func (f *hclFile) removeItem(span hcl.Range) {
	start, end := f.lineStart(span.Start.Byte), f.newlineAfter(span.End.Byte)
	if end < 0 || strings.TrimSpace(string(f.file.Bytes[start:span.Start.Byte])) != "" {
		start, end = span.Start.Byte, span.End.Byte
	}
	f.splices.Add(start, end, "")
}

// append adds text, with its lines parted by \n, at the end of the file.
func (f *hclFile) append(text string, fields []files.Field) {
	end, eol := len(f.file.Bytes), f.eol()
	lead := ""
	if end > 0 {
		lead = eol
		if f.file.Bytes[end-1] != '\n' {
			lead += eol
		}
	}
	f.splices.Add(end, end, lead+strings.ReplaceAll(text, "\n", eol))
	f.fields = append(f.fields, fields...)
}

// hclFiles are the files of a project that an edit has opened.
type hclFiles struct {
	project *Project
	files   []*hclFile
}

// file opens a file once.
func (o *hclFiles) file(path string) *hclFile {
	for _, f := range o.files {
		if f.file.Path == path {
			return f
		}
	}
	return o.fileOf(o.project.file(path))
}

// fileOf opens a file that is no configuration of Terraform's, once.
func (o *hclFiles) fileOf(file files.Snapshot) *hclFile {
	f := openHCL(file)
	o.files = append(o.files, f)
	return f
}

// edits gives one edit for every file that changes or has something to tell.
func (o *hclFiles) edits() ([]files.Edit, error) {
	var out []files.Edit
	for _, f := range o.files {
		e, err := f.edit()
		if err != nil {
			return nil, err
		}
		if e.Changes() || len(e.Notes) > 0 {
			out = append(out, e)
		}
	}
	return out, nil
}

// excluded refuses a required_version. Without the lock file no other lock asks for
// less.
func (w Backend) excluded(v VersionConstraint) error {
	out := &files.Error{
		Action: "edit", Path: v.Path, Line: v.Line,
		Problem: fmt.Sprintf("required_version %q excludes what stateroom writes (%s)", v.Text, w.RequiredVersion), Remedy: "relax it",
	}
	if w.UseLockfile {
		out.Problem = fmt.Sprintf("required_version %q excludes what the lock file in S3 needs (%s)", v.Text, w.RequiredVersion)
		out.Remedy = "relax it, or choose the DynamoDB table alone (--set lock.use_lockfile=false)"
	}
	return out
}

// raise makes the project demand at least the wanted version. It gives the text
// to add when no required_version stands anywhere.
func (o *hclFiles) raise(want Backend) (add string, err error) {
	wanted := want.RequiredVersion
	if wanted == "" {
		return "", nil
	}
	add = wanted
	raised := ""
	var at VersionConstraint
	for _, v := range o.project.Versions {
		text, verdict := raiseVersion(v.Text, wanted)
		switch verdict {
		case versionKept:
			return "", nil
		case versionExcluded:
			return "", want.excluded(v)
		case versionUnknown:
			add = ""
			o.file(v.Path).note(v.Line, "required_version %q was left as it is; it should demand %s.", v.Text, wanted)
		case versionRaised:
			if !v.json && raised == "" {
				at, raised = v, text
			}
		}
	}
	if raised == "" {
		return add, nil
	}
	f := o.file(at.Path)
	f.splices.Add(at.span.Start.Byte, at.span.End.Byte, quoteHCL(raised))
	f.fields = append(f.fields, files.NewField("required_version", at.Text, raised, false))
	return "", nil
}
