package plan

import (
	"slices"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/printable"
)

// FileID is the id of the change that writes a file.
func FileID(path string) string { return "files." + path }

// ProjectID stands for a project whose files and init may be touched: all changes of the
// project need it. No change has this id, but a finding may stop it.
func ProjectID(project string) string { return "files.project." + project }

// WriteOf is the write that carries out an edit.
func WriteOf(edit files.Edit) *Write { return &Write{Edit: edit, Diff: Known(edit.Diff())} }

// FileChange is the change that carries out an edit; its id follows from the
// file, so that there is one for each. It needs the changes whose outputs the
// edit's text refers to.
func FileChange(a *blueprint.Answers, edit files.Edit, title string) Change {
	c := Change{
		ID: FileID(edit.Before.Path), Of: StepFiles, Action: WriteFile, Title: printable.Line(title), Target: edit.Before.Path,
		Account: a.AdminAccount, Fields: fileFields(edit),
		Write: WriteOf(edit),
	}
	for _, ref := range awsops.FindRefs(string(edit.After)) {
		c.Needs = append(c.Needs, ref.Change)
	}
	if edit.Before.Exists {
		c.Undo = "a backup of the file is kept, and named at the end"
	}
	return c
}

// ModeField names the change of a file's mode among the fields of a change.
const ModeField = files.ModeField

// ModeFields are the fields of a change that tell of the mode that its file gets.
func ModeFields(edit files.Edit) []Field {
	return slices.DeleteFunc(slices.Clone(edit.Fields), func(f Field) bool { return f.Name != ModeField })
}

func fileFields(edit files.Edit) []Field {
	var fields []Field
	for _, f := range edit.Fields {
		fields = append(fields, Field{Name: f.Name, Before: awsops.ShowRefs(f.Before), After: Known(f.After)})
	}
	return fields
}
