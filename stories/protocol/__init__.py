"""The rules of the game and every sentence on the wire: pure, without Django, time or chance."""
