export const concerned = {
  "concerned.who_one": "Who that is ({n} person)", "concerned.who_other": "Who they are ({n} people)", "concerned.list": "Whom this concerns",
  "concerned.more_one": "and {n} more", "concerned.more_other": "and {n} more",
  "concerned.must-enrol": "must add a factor", "concerned.must-change-password": "must change the password",
  "concerned.signed-out": "signed out at once", "concerned.signed-out-sooner": "signed out sooner",
} as const;
