package client

// Scratch is a folder for a text that another program edits meanwhile; whoever makes a
// file there removes it. Code: locked where the text would be left on the disk.
func (c *Client) Scratch() (string, error) { return c.local.Scratch() }
