"""Which car stands at a charger when: sessions from recordings, from statistics, or listed one by one."""
