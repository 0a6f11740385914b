//go:build !smoke

package steps

import (
	"os"
	"testing"

	"stateroom/awsops/sandbox/sandboxtest"
)

// TestMain keeps everything away from the process's own home and from AWS. The smoke
// test alone is about both.
func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }
