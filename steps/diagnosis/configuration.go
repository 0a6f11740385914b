package diagnosis

import (
	"stateroom/steps/plan"
)

// What is written in the project, and what init made of it.
var (
	ConfigInvalid = &Diagnosis{
		ID: "config-invalid", Family: Configuration, Step: plan.StepFiles,
		Meaning: "The configuration itself is not accepted, so nothing was asked of AWS yet.",
		Remedy:  "Correct the named argument or block: assume_role is an attribute in the backend and a block in the provider, and a backend of Terraform takes no variables.",
		text:    []sign{{pattern: wording(`An argument named "[^"]+" is not expected here|Blocks of type "[^"]+" are not expected here|Variables not allowed|Undefined variable|(?:Unsupported argument|Unsupported block type|Missing required argument|Invalid backend type|Duplicate backend configuration|Invalid backend configuration|Invalid expression|Unclosed configuration block|Argument or block definition required|Unsupported Terraform Core version|Unsupported OpenTofu Core version)\b`)}},
	}
	ProviderLockFile = &Diagnosis{
		ID: "provider-lock-file", Family: Configuration, Step: plan.StepInit,
		Meaning: "The provider lock file (.terraform.lock.hcl) does not agree with the configuration or the installed providers.",
		Remedy:  "Run terraform init, with -upgrade when the version constraint was changed on purpose.",
		text:    []sign{{pattern: wording(`Inconsistent dependency lock file|does(?: not|n't) match any of the checksums (?:previously )?recorded in the dependency lock file|does not match configured version constraint|failed to read dependency lock file`)}},
	}
	MigrationNeedsAnswer = &Diagnosis{
		ID: "migration-needs-answer", Family: Configuration, Step: plan.StepInit,
		Meaning: "The backend changed and Terraform asked whether to move the state, but nobody could answer.",
		Remedy:  "Let stateroom setup move the state when it must move; run init -reconfigure when it is the same state.",
		text:    []sign{{pattern: wording(`Error asking for state migration action|Can't ask approval for state migration|Migration aborted by user`)}},
	}
	BackendChanged = &Diagnosis{
		ID: "backend-changed", Family: Configuration, Step: plan.StepInit,
		Meaning: "The backend in the configuration is not the one that this directory was initialised with.",
		Remedy:  "Run init -migrate-state when bucket, key or prefix differ, and init -reconfigure when only credentials, profile, encryption or lock do.",
		text:    []sign{{pattern: wording(`Backend configuration changed|Reason: (?:Backend configuration block has changed|Backend type changed from "[^"]*" to "[^"]*"|Unsetting the previously set backend "[^"]*")`)}},
	}
	StateFormat = &Diagnosis{
		ID: "state-format", Family: Configuration, Step: plan.StepInit,
		Meaning: "The state, or what init left in .terraform, was written by a newer version of the engine, or is damaged.",
		Remedy:  "Use the engine version that wrote it, or a newer one; move a damaged .terraform aside and init again.",
		text:    []sign{{pattern: wording(`uses format version \d+, which is not supported|state snapshot was created by (?:Terraform|OpenTofu) v[\w.+-]+, which is newer than current|Unsupported state file format|Failed to load (?:the backend )?state(?: file)?: (?:unsupported backend state version|invalid syntax|encountered a malformed|this working directory uses legacy|Decoding state file|Decoded state version|State version 0|(?:Terraform|OpenTofu) \S+ does not support state version)`)}},
	}
	BackendNotInitialized = &Diagnosis{
		ID: "backend-not-initialized", Family: Configuration, Step: plan.StepInit,
		Meaning:     "This directory is not initialised.",
		Remedy:      "Run terraform init.",
		text:        []sign{{pattern: wording(`Backend initialization required[,:] please run|Reason: Initial configuration of the requested backend|Required plugins are not installed|\bModule not installed`), unless: wording(`Reason: (?:Backend configuration block has changed|Backend type changed|Unsetting the previously)`)}},
		consequence: true,
	}
)
