package sandbox

import "time"

// taskKind is what is done after the call that asks for it is answered. Its text is the
// member of answers that tells of it.
type taskKind string

const (
	toAssign    taskKind = "AccountAssignmentCreationStatus"
	toUnassign  taskKind = "AccountAssignmentDeletionStatus"
	toProvision taskKind = "PermissionSetProvisioningStatus"
)

// lists are the members that hold lists of each kind.
var lists = map[taskKind]string{
	toAssign: "AccountAssignmentsCreationStatus", toUnassign: "AccountAssignmentsDeletionStatus", toProvision: "PermissionSetsProvisioningStatus",
}

// centerTask is one assignment, removal or provisioning, under way or done.
type centerTask struct {
	kind taskKind
	id   string
	assignment
	asked   time.Time
	done    bool
	lacks   string // what the caller's policies refuse of it, in the words of IAM
	suffix  string // of the role that it would make
	failure string
}

func (t *centerTask) state() string {
	switch {
	case !t.done:
		return "IN_PROGRESS"
	case t.failure != "":
		return "FAILED"
	}
	return "SUCCEEDED"
}

// brief is the task as lists show it.
func (t *centerTask) brief() map[string]any {
	return map[string]any{"Status": t.state(), "RequestId": t.id, "CreatedDate": epoch(t.asked)}
}

// view is the task as all other answers show it.
func (t *centerTask) view() map[string]any {
	out := t.brief()
	out["PermissionSetArn"] = t.set.arn
	if t.failure != "" {
		out["FailureReason"] = t.failure
	}
	switch {
	case t.kind != toProvision:
		out["TargetId"], out["TargetType"], out["PrincipalType"], out["PrincipalId"] = t.account.id, "AWS_ACCOUNT", t.principalType, t.principalID
	case t.account != nil:
		out["AccountId"] = t.account.id
	}
	return map[string]any{string(t.kind): out}
}

// begin answers that something is under way. Two changes of one role at once conflict.
func (s *ssoService) begin(r *request, t *centerTask) (any, error) {
	for _, other := range s.center.tasks {
		if !other.done && other.set == t.set && other.account == t.account && (other.kind != t.kind || other.assignment == t.assignment) {
			return nil, badRequest("ConflictException", "There is a conflicting operation in progress on this permission set and account.")
		}
	}
	t.id, t.asked, t.suffix = s.ids.uuid(), r.now, s.ids.hex(16)
	t.lacks = s.lacks(r, t)
	s.center.tasks = append(s.center.tasks, t)
	return t.view(), nil
}

// settle does what has been under way for long enough. It is called before any request is
// worked on, of whichever service: roles appear without anybody looking.
func (s *core) settle(now time.Time) {
	if s.center == nil {
		return
	}
	for _, t := range s.center.tasks {
		if !t.done && !now.Before(t.asked.Add(s.center.options.Assigning)) {
			t.done, t.failure = true, s.perform(t, now)
		}
	}
}

func (s *ssoService) describeTask(kind taskKind) func(*request, ssoIn) (any, error) {
	return func(_ *request, in ssoIn) (any, error) {
		id := map[taskKind]string{
			toAssign: in.AccountAssignmentCreationRequestId, toUnassign: in.AccountAssignmentDeletionRequestId, toProvision: in.ProvisionPermissionSetRequestId,
		}[kind]
		for _, t := range s.center.tasks {
			if t.kind == kind && t.id == id {
				return t.view(), nil
			}
		}
		return nil, badRequest("ResourceNotFoundException", "Could not find the request %s", id)
	}
}

func (s *ssoService) listTasks(kind taskKind) func(*request, ssoIn) (any, error) {
	return func(_ *request, in ssoIn) (any, error) {
		out := []any{}
		for _, t := range s.center.tasks {
			if t.kind == kind && (in.Filter.Status == "" || in.Filter.Status == t.state()) {
				out = append(out, t.brief())
			}
		}
		return pageOfCenter(in.pageIn, lists[kind], out)
	}
}
