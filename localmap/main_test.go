package localmap

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

var ctx = context.Background()

// childEnv makes the test binary the process that a test kills.
const childEnv = "P4P_LOCALMAP_CHILD"

func TestMain(m *testing.M) {
	if role := os.Getenv(childEnv); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}
