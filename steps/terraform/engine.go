package terraform

// Engine is one terraform or tofu executable.
type Engine struct {
	// Path is the executable, absolute where it was found on PATH.
	Path string
	// Name is EngineTerraform or EngineOpenTofu.
	Name string
	// Version is the version without a leading v, as version -json prints it.
	Version string
}

// The two engines' names, as Engine.Name holds them.
const (
	EngineTerraform = "terraform"
	EngineOpenTofu  = "opentofu"
)
