package diagnosis

import (
	"slices"
	"strings"
)

var (
	// well is what an engine prints when things went well.
	well = wording(`^(?:No changes\.|(?:Apply|Destroy|Import|Refresh) complete!|Plan: \d+ to |You can apply this plan|Saved the plan to|Success! |Changes to Outputs:|Terraform v\d|OpenTofu v\d|Usage: (?:terraform|tofu)|Switched to workspace|Created and switched to workspace|Tests:\s+\d+ passed|Job succeeded$|Finished: SUCCESS$|All checks passed)` +
		`|has been successfully initialized!|Successfully (?:configured|unset) the backend|has been successfully unlocked!|S3 bucket \S+ created\.|used the selected providers to generate|has compared your real infrastructure|: (?:Refreshing state\.\.\.|(?:Creation|Modifications|Destruction|Read) complete after)`)
	// planned begins what is planned, which lasts as long as lines are indented.
	planned = wording(`^(?:(?:Terraform|OpenTofu) (?:will perform the following actions|detected the following changes)|Changes to Outputs:|Note: Objects have changed outside|# \S+:$)`)
	// heredoc begins a value of many lines, which ends with a line of its name.
	heredoc = wording(`^\s*(?:[+~-] )?"?[\w.-]+"?\s*=\s*<<[~-]?(\w+)\s*$`)
	// progress is what an engine says of an object while it works, a line of a plan, a value,
	// a member of JSON or an address alone: names and values may have any words in them.
	progress = wording(`^\s*(?:[+~#-]|-/\+|\+/-|<=|->)(?:\s|$)` +
		`|^\S.*?: (?:Refreshing state|Reading|Read complete|Creating|Creation complete|Modifying|Modifications complete|Destroying|Destruction complete|Still |Provisioning with|Importing|Preparing import|Import prepared|Opening|Opening complete|Closing|Closing complete|Renewing|Refreshing|Refresh complete|Drift detected|Plan to)` +
		`|^\S+ \([\w-]+\): |^(?:resource|data|ephemeral|module|provider|variable|output|terraform|locals|digraph|subgraph)\b.*\{\s*$|^[\s│├└─.]*(?:provider\[|module\.)|^\s*"[^"]*" (?:\[|->)|^\s*node \[|^\s*"?[\w.\[\]"-]+"?\s*=\s|^\s*"[^"]*"\s*[:,]?|^\s*[{}\[\]()]+,?\s*$|^\s*(?:\* )?[\w./-]+(?:\[[^\]]*\][\w./-]*)*$|^\{"`)
	// sentence is how the SDKs, the AWS CLI and the engines word a failure where no heading
	// stands before it.
	sentence = wording(`operation error \w|\bapi error \w|An error occurred \(|StatusCode: (?:0\b|[345]\d\d)|status code: [345]\d\d|(?i:^\s*(?:error|fatal|panic|aws: error)\b[:!])|caused by: \w` +
		`|Unable to locate credentials|Unable to (?:access|list|retrieve|parse)\b|Could not (?:connect|assume|load)\b|The config profile \(|SSL validation failed|Partial credentials found|(?:Connect|Read) timeout on|The SSO session associated with|Token has expired|\d+ error(?:s|\(s\))? occurred:|(?m:^\s*Error (?:running|applying|planning|asking|parsing|downloading|getting|reading|initializing|installing|migrating|copying|locking|unlocking|writing|uploading) )|referenced in variable|does not have attribute '|Error (?:loading|acquiring|releasing|refreshing|saving|inspecting|configuring|when retrieving)\b|Failed to \w|x509: |dial tcp\b|no space left on device|(?m:^fatal error: )|\bsignal: killed\b|(?m:\bline \d+: +\d+ Killed +)`)
	// trouble is any word of a failure.
	trouble = wording(`(?i)\b(?:errors?|fail(?:ed|ure|s)?|den(?:ied|y)|forbidden|unauthori[sz]ed|refused|unable|cannot|can't|could ?n[o']t|won't|rejected|not (?:be |been )?(?:found|authorized|valid|allowed|supported|permitted|exist|initialized|expected|match|installed|available|enabled|set|specified|set up|configured|recognized)|does(?: not|n't)|is not|no (?:such|valid|suitable|matching)|invalid|illegal|unsupported|unexpected|unknown|expired|mismatch|missing|undefined|time[d-]? ?out|panic|fatal|fault|crash(?:ed)?|traceback|terminated|cancel(?:l?ed)|exception|abort(?:ed)?|killed|interrupted|conflict(?:s|ing)?|locked|corrupt(?:ed)?|exceeded|unreachable|untrusted|broken|exit(?:ed)? (?:code|status)|exited with|no space|skew|inconsistent|throttl\w+|too many|must (?:be|not|have)|(?:is|are|(?:re)?initialization) required|errored\.tfstate|refus\w+|wrong)\b` +
		`|(?-i:[a-z]+(?:Exception|Fault)\b|\b(?:Access|No|Invalid|Signature|Expired)[A-Z][a-z]\w+)|x509|StatusCode`)
	// none is a word of a failure of which there was none: a count, a report's attribute.
	none = wording(`(?i)\b(?:0|no|zero|without(?: any)?) (?:[\w-]+ )?(?:errors?|failures?|fail(?:ed|s)?|problems?|issues?|conflicts?|exceptions?|crashes|denied requests?)\b` +
		`|\b(?:errors?|fail(?:ed|ures?|s)?|unreachable|denied|exceptions?|crash(?:ed)?|conflicts|broken|aborted|cancel(?:l?ed)?|timed[- ]out|invalid|unknown|missing|killed|fatal)(?:(?: [\w-]+){0,3}["']?\s*[:=]\s*["']?|(?: exits)?\s+)0\b`)
	// name is a path, an address or an ARN, in which any word may stand.
	name = wording(`\barn:[\w-]+:[^\s"',)]+|\bhttps?://[^\s"',)]+|[\w@~+-]+(?:[/.\\][\w@~+-]+)+|"[\w-]+"|'[\w-]+'`)
	// passed is a line of a test or a check that went well.
	passed = wording(`^\s*(?:✓|✔|√|✅|ok\b|PASS(?:ED)?\b|--- PASS|=== (?:RUN|PAUSE|CONT|NAME))|(?:\bPASS(?:ED)?|\.{3,} ?(?:\(.{1,40}\) ?)?(?:pass|ok|Passed|Skipped|success))\s*(?:[(\[].*[)\]])?\s*$`)
)

// withoutHeading are the errors in the lines around the diagnostics: a message copied out
// of its box, or what another program said. Where an engine says that things went well,
// or has told its errors, only a sentence of failure counts; elsewhere all that a program
// said at once is one error, if the catalogue knows it or any word in it says that
// something failed.
func withoutHeading(p parts) []problem {
	strict := len(p.problems) > 0
	lines := slices.Clone(p.outside)
	for i, line := range lines {
		strict = strict || well.regexp().MatchString(line.text)
		switch {
		case progress.regexp().MatchString(line.text):
			lines[i].text = itemOf(line.text)
		case passed.regexp().MatchString(line.text):
			lines[i].text = ""
		}
	}
	var found []problem
	for _, said := range messages(lines) {
		if !strict {
			whole := problem{said.unit, folded(bounded(strings.Join(said.lines, "\n")))}
			if calmed := calm(whole.text); trouble.regexp().MatchString(calmed) || len(match(problem{text: calmed})) > 0 {
				found = append(found, whole)
			}
			continue
		}
		for _, paragraph := range paragraphs(said.lines) {
			if sentence.regexp().MatchString(paragraph) {
				found = append(found, problem{said.unit, folded(bounded(paragraph))})
			}
		}
	}
	return found
}

// message is what a unit said at once.
type message struct {
	unit  string
	lines []string
}

func messages(lines []outer) (list []message) {
	last := map[string]int{}
	for _, line := range lines {
		i, known := last[line.unit]
		if !known || line.begins {
			i = len(list)
			last[line.unit] = i
			list = append(list, message{unit: line.unit})
		}
		list[i].lines = append(list[i].lines, line.text)
	}
	return list
}

// calm is a text without the words of failures that tell of none: counts of nothing, and
// names, but for those of errors.
func calm(text string) string {
	text = none.regexp().ReplaceAllLiteralString(text, "")
	return name.regexp().ReplaceAllStringFunc(text, func(found string) string {
		for _, of := range []string{"Exception", "Fault", "Error", "errored.tfstate"} {
			if strings.HasSuffix(found, of) {
				return found
			}
		}
		return ""
	})
}

// paragraphs are the runs of lines that are not empty.
func paragraphs(lines []string) []string {
	var list []string
	for len(lines) > 0 {
		end := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
		if end < 0 {
			end = len(lines)
		}
		if end > 0 {
			list = append(list, strings.Join(lines[:end], "\n"))
		}
		lines = lines[min(end+1, len(lines)):]
	}
	return list
}
