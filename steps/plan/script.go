package plan

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/printable"
)

// Script is the plan as a POSIX shell script of AWS CLI calls, for whoever wants
// to read it, change it or run it elsewhere: run where nothing is there yet, it
// makes what applying the plan makes. It holds no secret; the access keys that
// it makes go where the plan puts them, and a handover is sealed by age.
func Script(changes []Change, partition string, a *blueprint.Answers) string {
	s := &script{answers: a, names: map[awsops.Reference]string{}, used: map[string]bool{}}
	for i := range changes {
		s.refer(&changes[i])
	}
	s.printf(scriptHead, a.StateRegion, partition)
	order := NewOrder(changes)
	for i, ok := order.Next(); ok; i, ok = order.Next() {
		s.change(changes[i])
		order.Done(i)
	}
	return s.out.String()
}

// scriptHead begins every script. again is the executor's probing in the
// shell: the call itself, until AWS shows what it needs.
const scriptHead = `#!/bin/sh
# Made by stateroom: the changes of one plan as AWS CLI calls, in the order in
# which they can be made. It is meant for an organization in which none of this
# exists: it looks at nothing and stops at the first call that fails.
set -eu
umask 077
export AWS_PAGER=''
export AWS_DEFAULT_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-%s}}"
partition=%s

# again COMMAND: AWS takes a while to show what was just made everywhere.
again() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] || return 1
    sleep 3
  done
}

# as ACCOUNT ROLE COMMAND: runs a command as that role.
as() {
  session=$(aws sts assume-role --role-arn "arn:$partition:iam::$1:role/${2#/}" --role-session-name stateroom \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text) || return 1
  shift 2
  (
    AWS_ACCESS_KEY_ID=$(printf %%s "$session" | cut -f1)
    AWS_SECRET_ACCESS_KEY=$(printf %%s "$session" | cut -f2)
    AWS_SESSION_TOKEN=$(printf %%s "$session" | cut -f3)
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    unset AWS_PROFILE
    "$@"
  )
}

# part N TEXT: one of the values that a call has answered with.
part() { printf %%s "$2" | cut -f"$1"; }
`

// script is one being written.
type script struct {
	out     strings.Builder
	answers *blueprint.Answers
	// names are the shell variables of the outputs that something refers to.
	names map[awsops.Reference]string
	used  map[string]bool
}

func (s *script) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

// refer gives a variable to every output that a change refers to.
func (s *script) refer(c *Change) {
	refs := awsops.FindRefs(c.Account)
	for _, call := range c.Calls {
		refs = append(refs, awsops.Refs(call)...)
	}
	if c.Write != nil {
		refs = append(refs, awsops.FindRefs(string(c.Write.Edit.After))...)
	}
	for _, ref := range refs {
		if s.names[ref] != "" {
			continue
		}
		name := shellName(ref.Change + "_" + ref.Output)
		for s.used[name] {
			name += "_"
		}
		s.names[ref], s.used[name] = name, true
	}
}

// shellName makes a text a variable's name.
func shellName(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, "v_"+text)
}

// quoted is a text in single quotes with its references as variables.
func (s *script) quoted(text string) string {
	return awsops.ReplaceRefs(shellQuoted(text), func(r awsops.Reference) string { return `'"$` + s.names[r] + `"'` })
}

func (s *script) change(c Change) {
	s.printf("\n# %s\n", strings.ReplaceAll(c.Title, "\n", " "))
	for _, call := range c.Calls {
		s.call(c, call)
	}
	if c.Write != nil {
		s.write(c)
	}
	switch {
	case c.Run == nil:
	case c.Run.Command.locked():
		s.printf("# In %s, for every workspace; stateroom setup does this under a lock and looks first:\n", shellQuoted(c.Run.Dir))
		for _, line := range c.Run.Lines {
			s.printf("#   %s\n", strings.ReplaceAll(line, "\n", " "))
		}
	default:
		s.printf("(cd %s && %s)\n", s.quoted(c.Run.Dir), strings.Join(c.Run.Lines, " && "))
	}
}

// call is one AWS CLI call, its outputs in variables.
func (s *script) call(c Change, call awsops.Call) {
	line := ""
	if c.Role != "" {
		line = fmt.Sprintf("as %s %s ", s.quoted(c.Account), s.quoted(c.Role))
	}
	if len(c.Needs) > 0 || c.Role != "" {
		line = "again " + line
	}
	line += commandLine(c, call, s.quoted)
	names, paths := s.outputs(c, call)
	if len(names) == 0 {
		s.printf("%s >/dev/null\n", line)
	} else {
		s.printf("answer=$(%s --query '[%s]' --output text)\n", line, strings.Join(paths, ","))
		for i, name := range names {
			s.printf("%s=$(part %d \"$answer\")\n", name, i+1)
		}
	}
	s.settle(c, call)
}

// CommandLine is one call of a change for the AWS CLI, to hand on to somebody
// who may send it. The call holds no references.
func CommandLine(c Change, call awsops.Call) string { return commandLine(c, call, shellQuoted) }

func commandLine(c Change, call awsops.Call, quoted func(string) string) string {
	line := fmt.Sprintf("aws %s %s", cliService(call.Service), cliOperation(call.Operation))
	if c.Region != "" {
		line += " --region " + c.Region
	}
	if c.Profile != "" {
		line += " --profile " + quoted(c.Profile)
	}
	return line + " --cli-input-json " + quoted(JSON(call.InputMap(), ""))
}

// Shell is a command as a shell takes it, quoted where it has to be.
func Shell(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch quoted[i] = word; {
		case !printable.Is(word):
			quoted[i] = shellEscaped(word)
		case word == "" || strings.ContainsFunc(word, special):
			quoted[i] = shellQuoted(word)
		}
	}
	return strings.Join(quoted, " ")
}

// special tells of a character that a shell may take for more than itself.
func special(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("-_./:=@,+%", r)
}

// shellEscaped is a word with what does not show itself as bash and zsh take it: it stays one
// line, and what is copied is what is meant.
func shellEscaped(word string) string {
	var out strings.Builder
	for _, r := range word {
		switch {
		case r == '\'' || r == '\\':
			out.WriteString(`\` + string(r))
		case printable.Rune(r):
			out.WriteRune(r)
		default:
			for _, b := range []byte(string(r)) {
				fmt.Fprintf(&out, `\x%02x`, b)
			}
		}
	}
	return "$'" + out.String() + "'"
}

func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// outputs are the variables that a call fills, with their places in its answer.
func (s *script) outputs(c Change, call awsops.Call) (names, paths []string) {
	all := maps.Clone(call.Outputs())
	if path := call.SecretPath(); path != "" {
		all["secret"] = path
	}
	if call.Operation == "CreateAccount" {
		s.names[awsops.Reference{Change: c.ID, Output: "request"}] = "request"
		delete(all, "account") // known when the account is there
	}
	for _, output := range slices.Sorted(maps.Keys(all)) {
		if name := s.names[awsops.Reference{Change: c.ID, Output: output}]; name != "" {
			names, paths = append(names, name), append(paths, all[output])
		}
	}
	return names, paths
}

// settle waits for what AWS finishes after it has answered, as the executor does.
func (s *script) settle(c Change, call awsops.Call) {
	switch call.Operation {
	case "CreateAccount":
		s.printf(`while :; do
  answer=$(aws organizations describe-create-account-status --create-account-request-id "$request" --query 'CreateAccountStatus.[State,AccountId]' --output text)
  [ "$(part 1 "$answer")" != FAILED ] || exit 1
  [ "$(part 1 "$answer")" != SUCCEEDED ] || break
  sleep 5
done
`)
		if name := s.names[awsops.Reference{Change: c.ID, Output: "account"}]; name != "" {
			s.printf("%s=$(part 2 \"$answer\")\n", name)
		}
	case "CreateTable", "UpdateTable":
		s.printf("aws dynamodb wait table-exists --region %s --table-name %s\n", c.Region, s.quoted(s.answers.Lock.DynamoDBTable))
	}
}

// shellTime is RFC 3339 as date writes it.
const shellTime = "%Y-%m-%dT%H:%M:%SZ"

// write puts a file on the disk. What stands in a file already is never copied
// into the script: it may hold secrets.
func (s *script) write(c Change) {
	edit := c.Write.Edit
	path := s.quoted(edit.Before.Path)
	if c.Write.Remove {
		s.printf("rm -f %s\n", path)
		return
	}
	after, before := string(edit.After), string(edit.Before.Bytes)
	if at, ok := s.names[awsops.Reference{Change: c.ID, Output: "sealed_at"}]; ok {
		s.printf("%s=$(date -u +%s)\n", at, shellTime)
	}
	if at, ok := s.names[awsops.Reference{Change: c.ID, Output: "expires"}]; ok {
		s.printf("seconds=$(($(date +%%s) + %d))\n", int(HandoverLife.Seconds()))
		// GNU's date takes the seconds one way, BSD's and macOS's the other.
		s.printf("%s=$(date -u -d \"@$seconds\" +%s 2>/dev/null || date -u -r \"$seconds\" +%s)\n", at, shellTime, shellTime)
	}
	s.printf("mkdir -p %s\n", s.quoted(filepath.Dir(edit.Before.Path)))
	switch {
	case c.Write.Seal != nil && c.Write.Seal.Recipient != "":
		s.printf("printf %%s %s | age -a -r %s -o %s\n", s.quoted(after), s.quoted(c.Write.Seal.Recipient), path)
	case c.Write.Seal != nil:
		s.printf("printf %%s %s | age -a -p -o %s\n", s.quoted(after), path)
	case !edit.Before.Exists:
		s.printf("printf %%s %s >%s\nchmod %o %s\n", s.quoted(after), path, edit.Mode.Perm(), path)
	case strings.HasPrefix(after, before):
		s.printf("printf %%s %s >>%s\n", s.quoted(after[len(before):]), path)
	default:
		s.printf("# The file is there and has to be edited by hand:\n")
		for _, line := range strings.Split(strings.TrimRight(c.Write.Diff, "\n"), "\n") {
			s.printf("#   %s\n", line)
		}
	}
}

// cliService is a service's name on the AWS CLI's command line.
func cliService(service string) string {
	switch service {
	case "s3":
		return "s3api"
	case "sso":
		return "sso-admin"
	}
	return service
}

// cliOperation is an operation's name there: CreateUser is create-user.
func cliOperation(operation string) string {
	var out strings.Builder
	for i, r := range operation {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				out.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}
