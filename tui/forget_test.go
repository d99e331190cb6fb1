package tui

import (
	"testing"

	"p4p/client"
	"p4p/protocol"
)

func TestEverythingIsDeletedOnlyByTheWord(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.forgotten = client.Forgotten{Deleted: 11, Waiting: 2}
	p.press("P", "X", "enter").sees("Type the word forget").types("yes").press("enter").sees("› yes", "nothing was deleted").did()
	p.press("ctrl+u").types("forget").press("enter").did("forget all").sees("13 posts and comments of yours are deleted; 2 deletions wait for the server.")
	p.fake.forgotten = client.Forgotten{}
	p.press("X").types("forget").press("enter").sees("There was nothing of yours to delete")
}

func TestWhereDeletingEverythingStopsItGoesOn(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.forgotten, p.fake.err = client.Forgotten{Deleted: 1}, protocol.Errorf(protocol.CodeNoServer, "The server cannot be reached.")
	p.press("P", "X").types("forget").press("enter").sees("› forget", "The server cannot be reached.", "So far 1 post or comment was deleted")
	p.fake.err = nil
	p.press("enter").did("forget all", "forget all").sees("1 post or comment of yours is deleted.")
}

func TestAChangeOfKeySaysHowToDeleteEverything(t *testing.T) {
	sit(t, lively(), 80, 24).press("f", "K").sees("all at once (P X)")
}

func TestAReminderOfABackupMakesOne(t *testing.T) {
	f := lively()
	f.warnings = []client.Warning{{Kind: client.BackupDue, Text: "There is no backup of your friends."}}
	p := sit(t, f, 80, 24)
	p.press("W").sees("b back up now").press("b").sees("Back up to which file?").did()
	p.press("esc", "W", "y").did("dismiss backup")
	f.warnings = []client.Warning{{Kind: client.MoveShown, Text: "A move was shown.", Loud: true}}
	p.hears(client.NoticesChanged).press("W").doesNotSee("back up now").press("b").sees("A move was shown").did("dismiss backup")
}

func TestAFileThatIsNoBackupIsRefusedBeforeAnyPassphrase(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("P", "b", "ctrl+u").types("foreign").press("enter").sees("› foreign", "is no backup").doesNotSee("Passphrase for the backup").did()
	p.types(".age").press("enter").sees("Passphrase for the backup")
}
