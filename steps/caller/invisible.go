package caller

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"stateroom/steps"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
)

// visible is a text without what nobody sees of it: format characters such as a byte order
// mark, control characters, and the blanks around it. What is copied from a web page, or
// read from a file with Windows' line ends, brings them along.
func visible(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && r != ' ' && r != '\n':
			return ' '
		case printable.Rune(r):
			return r
		}
		return -1
	}, text))
}

// unseen is the refusal of a run that could not ask AWS since what says as whom, or where,
// holds characters that nobody sees, or lies in a file that no AWS tool reads whole; nil
// where that is not so. What AWS or its SDK say of it helps nobody: there is no profile of
// that name, or a header is not valid.
func (s source) unseen() *plan.Refusal {
	if r := s.unseenInput(); r != nil {
		return r
	}
	return s.unseenInFiles()
}

// invisible is the refusal for a character that nobody sees.
func invisible(what, how, remedy string, seen plan.Fact, commands ...plan.ShellCommand) *plan.Refusal {
	return &plan.Refusal{
		Finding: "account.invisible-character", Title: what + " holds an invisible character.",
		What: how, Remedy: remedy, Tried: []plan.Fact{seen}, Commands: commands,
	}
}

// unseenInput looks through the command line and the variables that count.
func (s source) unseenInput() *plan.Refusal {
	type given struct {
		name, value    string
		secret, region bool
	}
	inputs := []given{{name: "--region", value: s.Region, region: true}}
	if inCredentials, inConfig := s.there(); !inCredentials && !inConfig {
		inputs = append(inputs, given{name: s.named, value: s.profile})
	}
	variable := func(of given, names ...string) {
		for _, name := range names {
			of.name, of.value = name, s.Getenv(name)
			inputs = append(inputs, of)
		}
	}
	if s.Region == "" {
		variable(given{region: true}, "AWS_REGION", "AWS_DEFAULT_REGION")
	}
	if s.variables {
		variable(given{}, "AWS_ACCESS_KEY_ID")
		variable(given{secret: true}, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
	}
	if s.Endpoint == "" {
		variable(given{secret: true}, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "HTTPS_PROXY")
	}
	for _, in := range inputs {
		clean := visible(in.value)
		switch {
		case in.name == "":
			continue
		case clean == in.value && in.region && !isLabel(in.value):
			return &plan.Refusal{
				Finding: "region.not-valid", Title: in.name + " is not the name of a region.", What: fmt.Sprintf("It is %q.", in.value),
				Remedy: "Name a region as AWS does, such as eu-west-1.", Tried: []plan.Fact{{Name: in.name, Value: in.value}},
			}
		case clean == in.value:
			continue
		}
		what := fmt.Sprintf("It is %q, of which only %s can be seen.", in.value, cmp.Or(clean, "nothing"))
		if in.secret {
			what = "It is not shown here, since it may be a secret."
		}
		var commands []plan.ShellCommand
		switch {
		case in.secret || clean == "":
		case in.name == "--profile":
			commands = []plan.ShellCommand{{Does: "Start again with profile " + clean, Line: s.again("--profile", clean)}}
		case in.name == "--region":
			commands = []plan.ShellCommand{{Does: "Start again in region " + clean, Line: s.again("--region", clean)}}
		default:
			commands = []plan.ShellCommand{{Does: "Set the variable again", Line: export(in.name, clean)}}
		}
		return invisible(in.name, what, "Type it again by hand: such characters come along when text is copied from a page, or read from a file with Windows line ends.",
			plan.Fact{Name: in.name, Value: plan.Counted(hiddenIn(in.value), "invisible character")}, commands...)
	}
	return nil
}

// unseenInFiles looks through what the AWS files say of the profile.
func (s source) unseenInFiles() *plan.Refusal {
	if s.variables || s.Brought {
		return nil
	}
	if wrong := steps.Misencoded(s.credentials, s.config); len(wrong) > 0 {
		return &plan.Refusal{
			Finding: wrong[0].ID, Title: "An AWS file is saved in an encoding in which AWS tools do not read it.", What: wrong[0].Evidence, Remedy: wrong[0].Remedy,
			Tried: []plan.Fact{{Name: "Profile " + s.profile, Value: s.inFiles()}},
		}
	}
	for _, at := range []struct {
		kind profiles.Kind
		file files.Snapshot
	}{{profiles.Credentials, s.credentials}, {profiles.Config, s.config}} {
		for _, p := range profiles.All(at.kind, at.file) {
			where := files.Place{Path: s.short(at.file.Path), Line: p.Line}
			if visible(p.Name) != s.profile {
				continue
			}
			if p.Name != s.profile {
				return inFile(where, fmt.Sprintf("The name of profile %s", s.profile), fmt.Sprintf("It is %q there.", p.Name))
			}
			i := slices.IndexFunc(p.Values, func(v profiles.Value) bool { return visible(v.Value.Reveal()) != v.Value.Reveal() })
			if i >= 0 {
				where.Line = p.Values[i].Line
				return inFile(where, fmt.Sprintf("The value of %s in profile %s", p.Values[i].Key, s.profile), "It is not shown here, since it may be a secret.")
			}
		}
	}
	return nil
}

func inFile(where files.Place, what, how string) *plan.Refusal {
	return invisible(what, where.String()+": "+how, "Type that line again by hand, then try again.", plan.Fact{Name: "File", Value: where.String()})
}

// isLabel tells whether a region can be part of a host's name, as the SDK has it; empty is
// told by others.
func isLabel(region string) bool {
	return !strings.ContainsFunc(region, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
}

// hiddenIn counts the characters of a text that nobody sees.
func hiddenIn(text string) int { return len([]rune(text)) - len([]rune(visible(text))) }

// export sets a variable in the shell of this system.
func export(name, value string) string {
	if runtime.GOOS == "windows" {
		return "$Env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return "export " + name + "=" + plan.Shell(value)
}
