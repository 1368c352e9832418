"""What the notebook asks of pandas: to show a table."""


class DataFrame:
    def __init__(self, rows):
        self.rows = rows

    def to_string(self, **_):
        return "\n".join(str(row) for row in self.rows)
