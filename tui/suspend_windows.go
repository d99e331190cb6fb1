package tui

import tea "charm.land/bubbletea/v2"

func suspend() tea.Cmd { return tea.Suspend }
