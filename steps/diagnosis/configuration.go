package diagnosis

import (
	"stateroom/steps/plan"
)

// noProvider is how a registry says that it has no such provider, or none that will do.
const noProvider = `does not have a provider named|no available releases match|does not have a package available for|[Ii]ncompatible provider version|no provider exists with the given name|There is no (?:available )?release|Invalid provider (?:registry host|source)`

// commandLine is how the engines refuse a command's options and arguments, and what it
// would do to a workspace.
const commandLine = `options are (?:aliases of one another and )?mutually[- ]exclusive|^(?:Error: )?Wrong combination of options|flag conflicts with|Invalid (?:-chdir option|command line options)|handling -chdir option|must include an equals sign followed by|Expected a single argument|(?:Exactly|At least) (?:one|two) (?:argument|address)|Error parsing command-line flags` +
	`|working directory already contains files|is your active workspace|Workspace "[^"]+" already exists|(?:[Cc]annot|can't) delete (?:the )?default (?:workspace|state)|Workspace is not empty|Can't re-plan a saved plan|Cannot apply incomplete plan`

// besideProvider is what Terraform adds to whatever the provider itself refused, where the
// configuration has no block for it (node_provider.go).
const besideProvider = `Provider "[^"]+" requires explicit configuration`

// anEngine are the commands that somebody may lack.
const anEngine = `terraform|tofu|terragrunt`

// fullDisk is how the systems say that a disk is full.
const fullDisk = `no space left on device|There is not enough space on the disk|[Dd]isk quota exceeded|ENOSPC`

// What is written in the project, what init made of it, and where it can be written.
var (
	DiskFull = &Diagnosis{
		ID: "disk-full", Family: Configuration, Step: plan.StepInit,
		Meaning: "The disk is full, so a file could not be written.",
		Remedy:  "Make room, then run the command again: providers fill much of a disk, and TF_PLUGIN_CACHE_DIR keeps one copy of each for all projects.",
		text:    []sign{{pattern: wording(fullDisk)}},
	}
	// EngineKilled is by signal 9, which Linux's killer of processes sends where memory is
	// short, as containers' runtimes do at their bound (137 is 128 and that signal), or by
	// Go's own word.
	EngineKilled = &Diagnosis{
		ID: "engine-killed", Family: Configuration, Step: plan.StepInit,
		Meaning: "Terraform, or one of its plugins, was killed, as Linux and containers do where memory runs out.",
		Remedy:  "Give the machine, or the job's container, more memory, or let Terraform do less at once (-parallelism=2, fewer resources in one state), then run the command again. If a lock stays behind, stateroom troubleshoot names it.",
		text:    []sign{{pattern: wording(`signal: killed|fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory)|runtime: out of memory|\bOOMKilled\b|\b[Oo]ut of memory: Killed process \d+ \((?:` + anEngine + `)|(?i:(?:exit(?:ed)?(?: with)?(?: code| status)?|exit code) *:? *137\b)|\bcannot allocate memory\b|\bline \d+: +\d+ Killed +`), unless: wording(`local-exec|remote-exec|[Ee]rror running command|credential_process`)}},
	}
	EngineMissing = &Diagnosis{
		ID: "engine-missing", Family: Configuration, Step: plan.StepInit,
		Meaning: "The command terraform, or tofu, is not installed here, or not on PATH.",
		Remedy:  "Install Terraform or OpenTofu, or put its folder on PATH and open a new shell. In CI it is a step, or a part of the image, of the job that runs it.",
		text:    []sign{{pattern: wording(`(?:(?:` + anEngine + `)(?:\.exe)?['"]?: (?:command )?not found|command not found: (?:` + anEngine + `)\b|Command '(?:` + anEngine + `)' not found|(?i:the term '(?:` + anEngine + `)' is not recognized|'(?:` + anEngine + `)' is not recognized as an internal)|"?(?:` + anEngine + `)"?: executable file not found in|spawn \S*(?:` + anEngine + `)(?:\.exe)? ENOENT|(?:` + anEngine + `): No such file or directory)`)}},
	}
	ConfigInvalid = &Diagnosis{
		ID: "config-invalid", Family: Configuration, Step: plan.StepFiles,
		Meaning: "Terraform rejects the configuration itself, so AWS was not asked anything yet.",
		Remedy:  "Correct the named argument or block: assume_role is an attribute in the backend and a block in the provider, and Terraform allows no variables in a backend.",
		text: []sign{
			{
				pattern: wording(noProvider), unless: wording(`in the dependency lock file`),
				meaning: "No release of the provider meets what the configuration asks for: the source or the version constraint is wrong, or there is none for this system.",
				remedy:  "Correct source and version in required_providers: terraform providers shows which module asks for what. No registry and no mirror has what is asked for.",
			},
			{
				pattern: wording(`(?:IAM Role ARN not|Role ARN was not) set|The attribute "assume_role\.role_arn" is required`),
				meaning: "The backend should assume a role but does not say which: role_arn is empty.",
				remedy:  "Write the role's ARN in assume_role, or remove the argument from the backend. No permission is missing.",
			},
			{
				pattern: wording(`^(?:Error: )?Missing Required Value|is required by the backend|Error asking for input to configure backend`),
				meaning: "The backend lacks a value that it needs, as in a partial configuration that was not completed.",
				remedy:  "Write the value in the backend block, or give it to init: -backend-config=FILE or -backend-config=\"NAME=VALUE\", as whoever set the project up did.",
			},
			{
				pattern: wording(`(?:expanding|reading|open(?:ing)?) (?:the )?(?:custom CA bundle|shared config|shared credentials|web identity token)`),
				meaning: "A file that the backend, the provider or the environment names is not there or cannot be read.",
				remedy:  "Correct its path: custom_ca_bundle or AWS_CA_BUNDLE, shared_config_files, shared_credentials_files, web_identity_token_file.",
			},
			{
				pattern: wording(`Invalid HTTPS? Proxy\b|parsing HTTPS? proxy URL`),
				meaning: "The proxy's address is not a URL.",
				remedy:  "Write it as http://HOST:PORT, in http_proxy and https_proxy of the backend, or in HTTP_PROXY and HTTPS_PROXY.",
			},
			{
				pattern: wording(commandLine), at: outside,
				meaning: "Terraform does not accept the command as it was given, so nothing was done.",
				remedy:  "Correct the options and arguments that are named, including those in TF_CLI_ARGS and -chdir; -help after the command lists them.",
			},
			{
				pattern: wording(`[Ee]rror asking for (?:approval|confirmation|new state name)|input not a valid number`), unless: wording(`migration`),
				meaning: "The command asks a question, and nobody could answer it.",
				remedy:  "Run it where somebody can type; in automation apply a saved plan or give -auto-approve, and give force-unlock -force.",
			},
			{
				pattern: wording(`^(?:Error: )?(?:Invalid plan file|Failed to read plan file|Provider type mismatch|Invalid variable value in plan)\b|plan file .{0,60}(?:was created by|is not a zip)`),
				meaning: "The saved plan cannot be read: it is damaged, from a different version of the engine, or not a plan.",
				remedy:  "Make the plan again, with -out and the version that will apply it.",
			},
			{
				pattern: wording(`The file "[^"]+" could not be read|Failed to read file|Error loading (?:backend )?config: (?:open|stat) `), at: outside,
				meaning: "A file that the command names is not there or cannot be read.",
				remedy:  "Correct the path behind -backend-config or -var-file: it is relative to where the command runs, or to -chdir.",
			},
			{
				pattern: wording(`backend configuration argument "?(?P<argument>[\w.]+)"? given on the command line|Invalid backend configuration argument`),
				meaning: "An argument of -backend-config is not one that this backend has.",
				remedy:  "Take it out or rename it: since Terraform 1.10 the role is -backend-config='assume_role={role_arn=\"ARN\"}'.",
			},
			{
				pattern: wording(`[Dd]uplicate (?:backend|cloud|state storage|HCP Terraform|Terraform Cloud) configuration|Both a backend and (?:a |Terraform |HCP )?[Cc]loud|Both a backend and .{0,40} are present|Conflicting '\w+' and '\w+' configuration blocks`),
				meaning: "The project says twice where its state is.",
				remedy:  "Keep one of the blocks (backend, cloud or state_store) and delete the others, in all .tf files of the folder.",
			},
			{
				pattern: wording(`^(?:Error: )?(?:Invalid Value|Invalid (?:bucket|key|workspace_key_prefix) value)|must not start (?:or|with|or end)[^.]{0,12} "?['"]?/|key must not (?:start|end) with '/'`), at: outside,
				meaning: "An argument of the backend has a value that it may not have.",
				remedy:  "Correct the value that is named: a key and a prefix neither begin nor end with /, an endpoint is a whole URL.",
			},
			{
				pattern: wording(`minimum field size of 1, \w+Input\.(?:Bucket|Key)\b|input member (?:Bucket|Key) must not be empty`), at: outside,
				meaning: "The backend has no bucket or no key: what should name it is empty.",
				remedy:  "Write bucket and key in the backend block, or give them to init with -backend-config; a variable of the shell that is not set is empty, too.",
			},
			{
				pattern: wording(`Unable to find remote state|No stored state was found for the given workspace`),
				meaning: "There is no state where a terraform_remote_state looks for one.",
				remedy:  "Correct bucket, key, region and workspace in the data source; or apply the project first whose state it reads.",
			},
			{
				pattern: wording(`InvalidBucketName|[Bb]ucket name .{0,40}(?:is )?(?:not valid|invalid)`), at: outside,
				meaning: "The bucket's name is not a valid S3 bucket name.",
				remedy:  "Correct bucket in the backend: the name alone, without s3:// and without a path.",
			},
			{
				pattern: wording(`exceeds the MaxSessionDuration|exceeds the 1 hour session limit`),
				meaning: "The session is asked for longer than the role allows.",
				remedy:  "Lower it (duration in assume_role, duration_seconds in the profile, role-duration-seconds of the GitHub action), or raise the role's MaxSessionDuration; a role assumed by another role lasts an hour at most.",
			},
			{
				pattern: wording(`AssumeRole.*ValidationError|failed to satisfy constraint: .{0,200}(?:roleArn|roleSessionName)|at 'role(?:Arn|SessionName)' failed to satisfy|Request ARN is invalid|ValidationError: .{0,120} is invalid`), unless: wording(`operation error DynamoDB`), at: outside,
				meaning: "The ARN or another value given to AssumeRole is not well formed.",
				remedy:  "Write the role's whole ARN, arn:aws:iam::ACCOUNT:role/NAME, and a session name (role_session_name) of letters, digits and =,.@-: a branch's name has to be cleaned of / and :.",
			},
			{
				pattern: wording(`PackedPolicyTooLarge|Packed policy consumes`),
				meaning: "The session's policy and tags are longer than AWS takes.",
				remedy:  "Give the session a shorter policy and fewer tags, or a managed policy's ARN.",
			},
			{
				pattern: wording(`x-amz-content-sha256 must be|XAmzContentSHA256Mismatch|STREAMING-UNSIGNED-PAYLOAD-TRAILER`), unless: wording(`[Ff]ailed to upload state`), at: outside,
				meaning: "The store behind the endpoint is not AWS's and does not accept the checksum that comes with what is written.",
				remedy:  "Set skip_s3_checksum = true in the backend. If it is set, set AWS_REQUEST_CHECKSUM_CALCULATION=when_required in the environment, too, or use a newer release of the store.",
			},
			{
				pattern: wording(takingLock + `NotImplemented`), at: outside,
				meaning: "The store behind the endpoint is not AWS's and does not have what the lock file needs (conditional writes).",
				remedy:  "Take use_lockfile out of the backend, and lock another way; a store that has conditional writes keeps it.",
			},
			{
				pattern: wording(`[Ww]orkspace "[^"]*" (?:doesn't|does not) exist|Currently selected workspace "[^"]*" does not exist|No existing workspaces\.|Couldn't create initial workspace|[Ii]nvalid workspace name\b|currently overridden using the TF_WORKSPACE|workspace name "[^"]*" is not allowed`), unless: wording(takingLock),
				meaning: "The selected or named workspace does not exist in this backend, or its name is not allowed.",
				remedy:  "List them with terraform workspace list; select one, or make it with terraform workspace new. TF_WORKSPACE decides where it is set.",
			},
			{
				pattern: wording(`^(?:Error: )?No state file was found!`),
				meaning: "There is no state here: neither in this folder nor where its backend keeps it.",
				remedy:  "Run the command in the project's folder, after terraform init and in the right workspace; or apply first, which makes the state.",
			},
			{pattern: wording(`An argument named "[^"]+" is not expected here|Blocks of type "[^"]+" are not expected here|Variables not allowed|(?:Unsupported argument|Unsupported block type|Missing required argument|(?:Invalid|Unsupported) backend type|Invalid backend configuration|Invalid expression|Unclosed configuration block|Argument or block definition required|(?i:Unsupported (?:Terraform|OpenTofu) Core version))\b` +
				`|^(?:Error: )?(?:Unknown (?:key_provider|encryption method) type|Circular reference detected|Backend config contains (?:sensitive|ephemeral) values|Duplicate metadata key|Encryption method configuration error|Unexpected provider alias|Only one of 'cloud'|Invalid (?:local (?:state file|workspace directory) path|required_providers block|legacy provider address|dependency on built-in provider|generate-config-out flag|Key Provider expression|encryption method|method configuration|ARN|IAM (?:Role|Policy) ARN|IAM Policy Document|JSON Document|Duration|Attribute Combination|retry mode|reference|block definition|character|attribute name|default value for variable|value for variable|function argument|index|required_version constraint|version constraint|provider configuration|module (?:source|instance|version)\w*|command-line option|multi-line string|number literal|for_each argument|count argument|variable name|combination of arguments|escape sequence|type specification|template interpolation value)|Conflicting (?:Parameters|configuration arguments)|Unset(?:ting)? backend` +
				`|Unknown (?:values within backend definition|variable)|Undefined (?:variable|local)|Unsupported (?:attribute|operator)|Reference to undeclared \w+|No value for required variable|Value for undeclared variable|Attribute redefined|Duplicate (?:['"]?\w+['"]? (?:[\w"]+ )?(?:configuration|declaration|definition|block)|ephemeral|action|list|check|encryption|import|resource "|data|provider|variable|output|module|local|required providers|argument|attribute)|Missing (?:module call|data resource|ephemeral resource|provider block|entry in required_providers|name for|newline after|attribute separator|item separator|resource|required provider|base|key/value separator)|Cannot (?:override|import to)|Unterminated|Unexpected (?:attribute|resource instance key)|Incorrect (?:attribute value type|condition type)|Extra characters|Cycle: |Unreadable module directory|Module not found|No configuration files|Terraform initialized in an empty directory|Failed to (?:evaluate|parse)|Ephemeral variable|Can't change variable when applying|Call to unknown function|Error in function call|Too (?:few|many) command line arguments)` +
				`|Only one of "[^"]+" and .{0,60} can be set|Cannot have both kms_key_id and sse_customer_key|The parameters "[^"]+" and "[^"]+" cannot be configured together|sse_customer_key must be|Failed to decode sse_customer_key|AWS_SSE_CUSTOMER_KEY" must be|invalid retry mode|unknown (?:resource|module|variable) '[^']+' referenced in|does not have attribute '[^']+' for variable|expected type '\w+', got unconvertible type|is not a valid (?:HTTPS )?URL|cannot be parsed as (?:an ARN|a URL|a duration)|There is no backend type named|could not be found\. This is the backend`), unless: wording(besideProvider)},
		},
	}
	ProviderLockFile = &Diagnosis{
		ID: "provider-lock-file", Family: Configuration, Step: plan.StepInit,
		Meaning: "The provider lock file (.terraform.lock.hcl) does not agree with the configuration or the installed providers.",
		Remedy:  "Run terraform init, with -upgrade when the version constraint was changed on purpose.",
		text:    []sign{{pattern: wording(`Inconsistent dependency lock file|does(?: not|n't) match any of the checksums (?:previously )?recorded in the dependency lock file|does not match configured version constraint|failed to read dependency lock file|dependency lock file, but .{0,60}read-only|lock file is read-only|Provider dependency changes detected`)}},
	}
	MigrationNeedsAnswer = &Diagnosis{
		ID: "migration-needs-answer", Family: Configuration, Step: plan.StepInit,
		Meaning: "The backend changed and Terraform asked whether to move the state, but nobody could answer.",
		Remedy:  "Let stateroom setup move the state when it must move; run init -reconfigure when it is the same state.",
		text:    []sign{{pattern: wording(`(?i:error asking for state migration action)|Can't ask approval for state migration|Migration aborted by user|Error asking to copy`)}},
	}
	BackendChanged = &Diagnosis{
		ID: "backend-changed", Family: Configuration, Step: plan.StepInit,
		Meaning: "The backend in the configuration is not the one that this directory was initialized with.",
		Remedy:  "Run init -migrate-state when bucket, key or prefix differ, and init -reconfigure when only credentials, profile, encryption or lock do.",
		text:    []sign{{pattern: wording(`Backend configuration changed(?:[^!]|$)|Reason: (?:Backend configuration block has changed|Backend type changed from "[^"]*" to "[^"]*"|Unsetting the previously set backend "[^"]*")`)}},
	}
	StateFormat = &Diagnosis{
		ID: "state-format", Family: Configuration, Step: plan.StepInit,
		Meaning: "The state, or what init left in .terraform, was written by a newer version of the engine, or is damaged.",
		Remedy:  "Use the engine version that wrote it, or a newer one; move a damaged .terraform aside and init again.",
		text: []sign{
			{
				pattern: wording(`Failed to decode current backend config|saved backend configuration is invalid`),
				meaning: "What init recorded about the backend in .terraform comes from a different version of the engine.",
				remedy:  "Run init -reconfigure where the backend is still the same, or use the engine version that ran init last.",
			},
			{
				pattern: wording(`encryption key data.*InvalidCiphertextException`),
				meaning: "OpenTofu's key for the state was made with a different key, or a different encryption context, than the configuration names.",
				remedy:  "Give the encryption block back the key and the encryption context with which the state was written; change them with a fallback block.",
			},
			{
				pattern: wording(`encrypted and can not be read without an encryption configuration|can not be checked for presen[sc]e of encryption|(?:de|en)cryption failed for|encountered unencrypted payload|invalid encrypted payload version|[Uu]nencrypted method is forbidden|(?:build|fetch) encryption key data|(?:en|de)code encrypted metadata|(?:[Ee]n|[Dd]e|[Cc]rypto)\w+ operation failed during method setup|key unavailable for method setup|Given payload is not a state file|invalid (?:state metadata, |data format for decryption)`), unless: wording(`operation error|api error|x509: |dial tcp`),
				meaning: "The state is encrypted by OpenTofu and the configuration does not say how, or says something else.",
				remedy:  "Give the encryption block (or TF_ENCRYPTION) with which the state was written; an unencrypted state needs a fallback block the first time.",
			},
			{pattern: wording(`uses format version \d+, which is not supported|state snapshot was created by (?:Terraform|OpenTofu) v[\w.+-]+, which is newer than current|(?:Unsupported|Invalid) state file format|Legacy remote state not supported|^(?:Error: )?(?:Duplicate resource instance|Invalid (?:resource|output|check)[\w ]*|Provider[\w ]*) (?:saved )?in state\b|^(?:Error: )?(?:Provider field missing state|Invalid (?:Terraform|OpenTofu) version string)|State format upgrade failed|Failed to read state file|does not conform to the expected JSON data structure|state snapshot was created by a newer|Failed to load (?:the backend )?state(?: file)?: (?:unsupported backend state version|invalid syntax|encountered a malformed|this working directory uses legacy|(?i:decod(?:ing|ed) (?:CLI )?state|state version 0|(?:Terraform|OpenTofu) \S+ does not support (?:CLI )?state version))`)},
		},
	}
	FileDenied = &Diagnosis{
		ID: "file-denied", Family: Configuration, Step: plan.StepInit,
		Meaning: "The user who runs the command may not read or write a file on this machine.",
		Remedy:  "Make the user who runs the command the owner of the file and its folder, which an earlier run as root or in a container often took: .terraform, .terraform.lock.hcl, TF_DATA_DIR, TF_PLUGIN_CACHE_DIR, ~/.aws.",
		text: []sign{{pattern: wording(`(?:open|mkdir|create|rename|remove|unlinkat|unlink|chmod|symlink|link|write|stat|lstat|mkdirat|openfdat|CreateFile|fork/exec) \S[^:]*(?::\\[^:]*)?: (?:permission denied|read-only file system|operation not permitted|Access is denied)|\[Errno (?:1|13|30)\] (?:Permission denied|Operation not permitted|Read-only file system)`), at: outside}, {
			pattern: wording(`contains a virus or potentially unwanted software`),
			meaning: "The antivirus of this machine keeps the file from being used.",
			remedy:  "Ask whoever manages the antivirus (Windows Defender) to allow the provider's file, or take another release of the provider (version in required_providers), then run terraform init again.",
		}},
	}
	StateConflict = &Diagnosis{
		ID: "state-conflict", Family: Configuration, Step: plan.StepInit,
		Meaning: "The state in the backend is a different one, or newer than the one that was to replace it.",
		Remedy:  "Compare both: terraform state pull shows lineage and serial of the one in the backend. Push with -force only when the other is surely the right one.",
		text: []sign{
			{
				pattern: wording(`Saved plan is stale|Saved plan does not match the given state|planned state update is from an unrelated state lineage|has been changed by another operation since the given update was planned`),
				meaning: "The state has changed since the saved plan was made.",
				remedy:  "Make the plan again and apply that one: another run has changed the state since.",
			},
			{pattern: wording(`cannot (?:import|overwrite) (?:existing )?state with (?:lineage|serial)|unsupported state snapshot relationship`)},
		},
	}
	BackendNotInitialized = &Diagnosis{
		ID: "backend-not-initialized", Family: Configuration, Step: plan.StepInit,
		Meaning:     "This directory is not initialized.",
		Remedy:      "Run terraform init.",
		text:        []sign{{pattern: wording(`Backend initialization required[,:] please run|Reason: Initial configuration of the requested backend|Required plugins are not installed|\bModule not installed|Module (?:source|version requirements) ha(?:s|ve) changed|initialization required[,:] please run|reinitialization required\. Please run`), unless: wording(`Reason: (?:Backend configuration (?:block has )?changed|Backend type changed|Unsetting the previously)`)}},
		consequence: true,
	}
)
