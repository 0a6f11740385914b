package troubleshoot

import "stateroom/steps"

// FromProject is what a project without a blueprint tells.
func FromProject(string, func(string) string) (*steps.Answers, error) {
	return &steps.Answers{Blueprint: steps.NewBlueprint()}, nil
}
