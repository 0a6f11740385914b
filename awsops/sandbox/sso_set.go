package sandbox

import (
	"cmp"
	"regexp"
	"strconv"
	"time"
)

// permissionSet is what an assignment lets somebody do. It becomes a role in every
// account in which it is provisioned.
type permissionSet struct {
	arn, name, description string
	duration               string // ISO 8601
	relayState             string
	created                time.Time
	tags                   tagSet
	references             []policyReference
	boundary               *setBoundary
	version                int // counts what has to be provisioned
}

var (
	noSuchSet   = badRequest("ResourceNotFoundException", "Could not find PermissionSet")
	setName     = regexp.MustCompile(`^[\w+=,.@-]{1,32}$`)
	isoDuration = regexp.MustCompile(`^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$`)
)

// seconds is how long a session lasts.
func seconds(duration string) int {
	of := func(text string, unit int) int { n, _ := strconv.Atoi(text); return n * unit }
	match := isoDuration.FindStringSubmatch(duration)
	if match == nil {
		return 0
	}
	return of(match[1], 3600) + of(match[2], 60) + of(match[3], 1)
}

// onSet is an operation on a permission set, which must be there.
func onSet(s *ssoService, do func(*request, *permissionSet, ssoIn) (any, error)) func(*request, ssoIn) (any, error) {
	return func(r *request, in ssoIn) (any, error) {
		set := s.center.sets[in.PermissionSetArn]
		if set == nil {
			return nil, noSuchSet
		}
		return do(r, set, in)
	}
}

// describe takes over what a request says of a permission set.
func (set *permissionSet) describe(in ssoIn) error {
	if in.SessionDuration != nil {
		if n := seconds(*in.SessionDuration); n < 3600 || n > 12*3600 {
			return badRequest("ValidationException", "SessionDuration must be between one and twelve hours, and is %s.", *in.SessionDuration)
		}
		set.duration = *in.SessionDuration
	}
	for _, text := range []struct {
		given   *string
		to      *string
		member  string
		longest int
	}{{in.Description, &set.description, "description", 700}, {in.RelayState, &set.relayState, "relayState", 240}} {
		if text.given == nil {
			continue
		}
		if n := len(*text.given); n < 1 || n > text.longest {
			return invalid("ValidationException", *text.given, text.member, "have length between 1 and %d", text.longest)
		}
		*text.to = *text.given
	}
	return nil
}

func (s *ssoService) listSets(r *request, in ssoIn) (any, error) {
	arns := []string{}
	for _, set := range inOrder(s.center.sets) {
		if !s.unseen(r.operation, set.arn, r.now) {
			arns = append(arns, set.arn)
		}
	}
	return pageOfCenter(in.pageIn, "PermissionSets", arns)
}

// mostSets is how many permission sets an instance has ("IAM Identity Center quotas").
const mostSets = 3500

func (s *ssoService) createSet(r *request, in ssoIn) (any, error) {
	c := s.center
	if in.Name == nil || !setName.MatchString(*in.Name) {
		return nil, badRequest("ValidationException", `Name must have length between 1 and 32 and satisfy regular expression pattern: [\w+=,.@-]+`)
	}
	if len(in.Tags) > 75 {
		return nil, badRequest("ValidationException", "Tags must have length less than or equal to 75.")
	}
	if len(c.sets) >= mostSets {
		return nil, badRequest("ServiceQuotaExceededException", "You have exceeded the limit of %d permission sets.", mostSets)
	}
	for _, have := range c.sets {
		if have.name == *in.Name {
			return nil, badRequest("ConflictException", "PermissionSet with name %s already exists.", *in.Name)
		}
	}
	set := &permissionSet{
		arn: c.arn("permissionSet/ps-" + s.ids.hex(16)), name: *in.Name, duration: "PT1H", created: r.now, tags: tagsOf(in.Tags), version: 1,
	}
	if err := set.describe(in); err != nil {
		return nil, err
	}
	c.sets[set.arn] = set
	s.appears(set.arn, r.now)
	return describeSet(r, set, in)
}

func describeSet(_ *request, set *permissionSet, _ ssoIn) (any, error) {
	out := map[string]any{"Name": set.name, "PermissionSetArn": set.arn, "CreatedDate": epoch(set.created), "SessionDuration": set.duration}
	if set.description != "" {
		out["Description"] = set.description
	}
	if set.relayState != "" {
		out["RelayState"] = set.relayState
	}
	return map[string]any{"PermissionSet": out}, nil
}

func updateSet(_ *request, set *permissionSet, in ssoIn) (any, error) {
	if err := set.describe(in); err != nil {
		return nil, err
	}
	set.version++
	return none{}, nil
}

// deleteSet refuses a set that is assigned or provisioned anywhere.
func (s *ssoService) deleteSet(_ *request, set *permissionSet, _ ssoIn) (any, error) {
	for of := range s.center.reserved {
		if of.set == set {
			return nil, badRequest("ConflictException", "Could not delete because PermissionSet has ApplicationProfile associated with it")
		}
	}
	for _, t := range s.center.tasks {
		if t.set == set && !t.done {
			return nil, badRequest("ConflictException", "Could not delete because PermissionSet is being provisioned")
		}
	}
	delete(s.center.sets, set.arn)
	return none{}, nil
}

func tagSetOf(_ *request, set *permissionSet, in ssoIn) (any, error) {
	all := tagSet{}
	all.add(set.tags)
	all.add(tagsOf(in.Tags))
	if len(all) > 75 {
		return nil, badRequest("ServiceQuotaExceededException", "You have exceeded the limit of 75 tags.")
	}
	set.tags = all
	return none{}, nil
}

func untagSetOf(_ *request, set *permissionSet, in ssoIn) (any, error) {
	set.tags.remove(in.TagKeys)
	return none{}, nil
}

func listTagsOf(_ *request, set *permissionSet, in ssoIn) (any, error) {
	return pageOfCenter(in.pageIn, "Tags", set.tags.list())
}

// policyReference names a customer's policy by its name and path, whatever the account.
type policyReference struct{ Name, Path string }

// arn is the policy in an account.
func (p policyReference) arn(a *account) string {
	return a.partition.arn("iam", "", a.id, "policy"+p.Path+p.Name)
}

// reference is the one of a request, whose path is / by default.
func (in ssoIn) reference() (policyReference, error) {
	if in.CustomerManagedPolicyReference == nil || in.CustomerManagedPolicyReference.Name == "" || len(in.CustomerManagedPolicyReference.Name) > 128 {
		return policyReference{}, badRequest("ValidationException", "CustomerManagedPolicyReference needs a name of at most 128 characters.")
	}
	out := *in.CustomerManagedPolicyReference
	out.Path = cmp.Or(out.Path, "/")
	return out, nil
}
