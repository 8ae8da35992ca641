#!/usr/bin/env python3
"""Opens every *.parquet of a model folder with pandas (pyarrow) and with Polars and compares what they see.

    pip install pandas pyarrow polars
    python3 read_model.py MODEL_DIR

Prints one line per file. Exit code: 0 when row counts and sums agree in all files, 1 when any differs,
2 when there is no file to read.
"""

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

# (number of values, sum of values); strings are summed by their length in characters.
Summary = tuple[int, float]


def sum_of(values: np.ndarray) -> Summary:
    return len(values), float(np.sum(values, dtype=np.float64))


def summary_by_pandas(column: pd.Series) -> Summary:
    """Summary of one column: lists come as one numpy array per row."""
    rows = column.to_numpy()
    if len(rows) and isinstance(rows[0], np.ndarray):
        return sum_of(np.concatenate(rows))
    if column.dtype.kind in "iuf":
        return sum_of(rows)
    # Strings, or lists of a table without rows.
    return len(rows), float(sum(len(text) for text in rows))


def summary_by_polars(column: pl.Series) -> Summary:
    """Summary of one column: lists are exploded, empty ones give no value."""
    if isinstance(column.dtype, pl.List):
        column = column.filter(column.list.len() > 0).explode()
    if column.dtype == pl.String:
        column = column.str.len_chars()
    return len(column), float(column.cast(pl.Float64).sum())


def agree(left: Summary, right: Summary) -> bool:
    """Counts must be equal; sums may differ by rounding, since they are added in different orders."""
    same_sum = math.isclose(left[1], right[1], rel_tol=1e-9, abs_tol=1e-9)
    both_nan = math.isnan(left[1]) and math.isnan(right[1])
    return left[0] == right[0] and (same_sum or both_nan)


def compare(path: Path) -> bool:
    """Reads one file by both libraries, prints its line, and says whether they agree."""
    by_pandas = pd.read_parquet(path, engine="pyarrow")
    by_polars = pl.read_parquet(path)
    differences = []
    if len(by_pandas) != len(by_polars):
        differences.append(f"rows {len(by_pandas)} != {len(by_polars)}")
    if list(by_pandas.columns) != by_polars.columns:
        differences.append(f"columns {list(by_pandas.columns)} != {by_polars.columns}")
    else:
        for name in by_polars.columns:
            left, right = summary_by_pandas(by_pandas[name]), summary_by_polars(by_polars[name])
            if not agree(left, right):
                differences.append(f"{name} {left} != {right}")
    verdict = "agree" if not differences else "DIFFER: " + "; ".join(differences)
    columns = ", ".join(f"{name}: {dtype}" for name, dtype in by_polars.schema.items())
    print(f"{path.name}: {len(by_polars)} rows ({columns}) {verdict}")
    return not differences


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    paths = sorted(Path(arguments[0]).glob("*.parquet"))
    if not paths:
        print(f"no *.parquet in {arguments[0]}", file=sys.stderr)
        return 2
    agreed = [compare(path) for path in paths]
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
