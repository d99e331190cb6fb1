package localmap

import "p4p/protocol"

// Scratch is a folder for a file that lies beside the map for a while, such as a text
// that another program edits: in memory where the system has that, else the profile's
// own, which is for its owner alone. Whoever makes a file there removes it.
//
// Code: locked when the map is locked and nothing lies in memory, since that text would
// be left on the disk.
func (m *Map) Scratch() (string, error) {
	if memory := inMemory(); memory != "" {
		return memory, nil
	}
	locked, err := Locked(m.dir)
	if err != nil {
		return "", err
	}
	if locked {
		return "", protocol.Errorf(protocol.CodeLocked,
			"This profile is locked, and this system has no folder that lies in memory for the text: write it here.")
	}
	return m.dir, nil
}
