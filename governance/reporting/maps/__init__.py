"""What people look at: the heat map object, its files, its page and its picture."""

from governance.reporting.maps.heat_map import HeatMap, read_heat_map

__all__ = ["HeatMap", "read_heat_map"]
