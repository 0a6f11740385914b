package tui

import (
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/terraform"
)

var errNeeded = errors.New("this answer is needed")

// priceOf is what a step costs and what AWS calls it, for the help.
func priceOf(n int) string {
	switch n {
	case 1:
		return "AWS calls it the management account; accounts and an organization cost nothing."
	case 2:
		return "AWS calls them IAM group, user and role; all of IAM is free."
	case 3:
		return "The region decides where the state lies; it changes the price by next to nothing."
	case 4:
		return "AWS calls it a customer managed key; it costs 1 USD a month and 0.03 USD for 10,000 uses."
	case 5:
		return "AWS calls it an S3 bucket; a state is a few kilobytes, so it costs cents a month."
	case 6:
		return "A lock file in S3 costs nothing to speak of, and neither does a DynamoDB table on demand."
	}
	return "It costs nothing."
}

// facts are what the inspection of step n found.
func facts(n int, o *steps.Observed, a *blueprint.Answers, engine *terraform.Engine) []fact {
	if o == nil {
		return nil
	}
	switch n {
	case 1:
		return accountFacts(o, a)
	case 2:
		return iamFacts(o, a)
	case 3:
		return []fact{{"Regions known", fmt.Sprint(len(o.Region.Regions))}}
	case 4:
		return keyFacts(o)
	case 5:
		return bucketFacts(o, a)
	case 6:
		if o.Lock.Table != nil {
			return []fact{{"Table", o.Lock.Table.ARN}}
		}
	case 7:
		return fileFacts(a)
	case 8:
		return engineFacts(engine)
	case 9:
		if len(o.Done.Handovers) > 0 {
			return []fact{{"Keys to collect", strings.Join(o.Done.Handovers, ", ")}}
		}
	}
	return nil
}

func accountFacts(o *steps.Observed, a *blueprint.Answers) []fact {
	f := []fact{{"You are", o.Account.Identity.ARN}}
	if org := o.Account.Organization; org != nil {
		f = append(f, fact{"Organization", fmt.Sprintf("%s, management account %s", org.ID, org.ManagementAccount)})
	}
	if o.Account.Listed {
		f = append(f, fact{"Accounts", fmt.Sprint(len(o.Account.Accounts))})
	}
	return append(f, fact{"Environments", environments(a)})
}

// environments lists the first few by name and counts the others.
func environments(a *blueprint.Answers) string {
	const most = 6
	var names []string
	for i, e := range a.Environments {
		if i == most {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(a.Environments)-most)
		}
		name := e.Name
		if e.Account != "" {
			name += " (" + e.Account + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func iamFacts(o *steps.Observed, a *blueprint.Answers) []fact {
	var there, missing []string
	for _, name := range a.AllUsers() {
		if o.IAM.Users[name].User != nil {
			there = append(there, name)
		} else {
			missing = append(missing, name)
		}
	}
	var f []fact
	if len(there) > 0 {
		f = append(f, fact{"Admins there", strings.Join(there, ", ")})
	}
	if len(missing) > 0 {
		f = append(f, fact{"Admins to make", strings.Join(missing, ", ")})
	}
	if a.Me != "" {
		f = append(f, fact{"You", a.Me + ", whose key goes into this laptop's own profile"})
	}
	return f
}

func keyFacts(o *steps.Observed) []fact {
	if o.Key.Key == nil {
		return nil
	}
	return []fact{{"Key", o.Key.Key.ARN}}
}

func bucketFacts(o *steps.Observed, a *blueprint.Answers) []fact {
	if b := o.Bucket.Bucket; b == nil || b.Ownership != awsops.BucketOurs {
		return nil
	}
	return []fact{{"Bucket", "s3://" + a.Bucket.Name}}
}

func fileFacts(a *blueprint.Answers) []fact {
	var f []fact
	for i, p := range a.Projects {
		if i == 6 {
			return append(f, fact{"Project", fmt.Sprintf("and %d more", len(a.Projects)-i)})
		}
		f = append(f, fact{"Project", fmt.Sprintf("%s in %s, for %s", p.Name, p.Dir, p.Environment)})
	}
	return f
}

func engineFacts(engine *terraform.Engine) []fact {
	if engine == nil {
		return []fact{{"Engine", "neither terraform nor tofu was found, so the AWS SDK alone proves the set-up"}}
	}
	return []fact{{"Engine", fmt.Sprintf("%s %s, %s", engine.Name, engine.Version, engine.Path)}}
}
