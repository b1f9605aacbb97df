declare interface IResonanzWebPartStrings {
  Title: string;
  Waiting: string;
  DataUntil: string;
  Age: string;
  AgeOneDay: string;
  Synthetic: string;
  More: string;
  NotMeasured: string;
  NotKnown: string;
  AtMost: string;
  AtLeast: string;
  Between: string;
  Hours: string;
  Days: string;
  Coverage: string;
  CoverageNotKnown: string;
  MinimumGroup: string;
  AsTable: string;
  Period: string;
  Value: string;
  Trend: string;
  TroubleNotSet: string;
  TroubleSignIn: string;
  TroubleNoRole: string;
  TroubleNothingYet: string;
  TroubleUnreachable: string;
  PaneDescription: string;
  PaneService: string;
  PaneServiceHint: string;
  PaneServiceWrong: string;
  PaneOrganisation: string;
  PaneOrganisationHint: string;
  PaneMetrics: string;
  PaneMetricsHint: string;
  PaneView: string;
  PaneViewAuto: string;
  PaneViewCard: string;
  PaneViewPage: string;
}

declare module 'ResonanzWebPartStrings' {
  const strings: IResonanzWebPartStrings;
  export = strings;
}
