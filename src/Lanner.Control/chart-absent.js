// Chart.js was not on the machine that built this server: the dashboard shows tables instead of curves.
