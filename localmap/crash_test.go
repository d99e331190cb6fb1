package localmap

func child(string) int { return 2 }
