import { DisplayMode, Version } from '@microsoft/sp-core-library';
import { type IPropertyPaneConfiguration, PropertyPaneChoiceGroup, PropertyPaneTextField } from '@microsoft/sp-property-pane';
import { BaseClientSideWebPart } from '@microsoft/sp-webpart-base';
import type { IReadonlyTheme } from '@microsoft/sp-component-base';
import { AadHttpClient, type HttpClientResponse } from '@microsoft/sp-http';

import { CardTrouble, type ICard, type Language, chosen, load, resourceOf, serviceOf } from './card';
import { type ILook, drawCard, drawPage, drawTrouble, drawWaiting } from './drawing';
import styles from './ResonanzWebPart.module.scss';
import * as strings from 'ResonanzWebPartStrings';

export interface IResonanzWebPartProps {
  serviceUrl: string;
  organisation: string;
  metrics: string;
  view: 'auto' | 'card' | 'page';
}

/** From this width on there is room for the page. */
const WIDE: number = 700;

export default class ResonanzWebPart extends BaseClientSideWebPart<IResonanzWebPartProps> {
  private _turn: number = 0;
  private _drawn: 'card' | 'page' | undefined;

  public render(): void {
    const service: URL | undefined = serviceOf(this.properties.serviceUrl || '');
    const look: ILook = { strings, language: this._language(), styles: { ...styles }, service: service ? service.href : '' };
    const turn: number = ++this._turn;
    if (!service) {
      drawTrouble(this.domElement, 'notSet', look);
      return;
    }
    drawWaiting(this.domElement, look);
    const page: boolean = this._asPage();
    this._drawn = page ? 'page' : 'card';
    this._load(service, page)
      .then((card) => {
        if (turn === this._turn) {
          (page ? drawPage : drawCard)(this.domElement, card, look);
        }
      })
      .catch((error) => {
        if (turn === this._turn) {
          drawTrouble(this.domElement, error instanceof CardTrouble ? error.kind : 'unreachable', look);
        }
      });
  }

  protected onThemeChanged(theme: IReadonlyTheme | undefined): void {
    if (theme?.semanticColors) {
      this.domElement.style.setProperty('--bodyText', theme.semanticColors.bodyText || null);
      this.domElement.style.setProperty('--link', theme.semanticColors.link || null);
    }
  }

  protected onAfterResize(): void {
    if (this._drawn && (this._drawn === 'page') !== this._asPage()) {
      this.render();
    }
  }

  protected get dataVersion(): Version {
    return Version.parse('1.0');
  }

  protected get disableReactivePropertyChanges(): boolean {
    return true;
  }

  protected getPropertyPaneConfiguration(): IPropertyPaneConfiguration {
    return {
      pages: [
        {
          header: { description: strings.PaneDescription },
          groups: [
            {
              groupFields: [
                PropertyPaneTextField('serviceUrl', {
                  label: strings.PaneService,
                  description: strings.PaneServiceHint,
                  placeholder: 'https://resonanz.example',
                  onGetErrorMessage: (text) => (serviceOf(text) ? '' : strings.PaneServiceWrong)
                }),
                PropertyPaneTextField('organisation', { label: strings.PaneOrganisation, description: strings.PaneOrganisationHint }),
                PropertyPaneTextField('metrics', { label: strings.PaneMetrics, description: strings.PaneMetricsHint, multiline: true }),
                PropertyPaneChoiceGroup('view', {
                  label: strings.PaneView,
                  options: [
                    { key: 'auto', text: strings.PaneViewAuto },
                    { key: 'card', text: strings.PaneViewCard },
                    { key: 'page', text: strings.PaneViewPage }
                  ]
                })
              ]
            }
          ]
        }
      ]
    };
  }

  private async _load(service: URL, page: boolean): Promise<ICard> {
    const client: AadHttpClient = await this.context.aadHttpClientFactory.getClient(resourceOf(service)).catch(() => {
      throw new CardTrouble('signIn');
    });
    const get = (url: string): Promise<HttpClientResponse> => client.get(url, AadHttpClient.configurations.v1);
    const { metrics, organisation } = this.properties;
    return load(get, service, (organisation || '').trim(), chosen(metrics || ''), page, new Date());
  }

  /** A tab in Teams and an app page have the room for the page; elsewhere the width tells. */
  private _asPage(): boolean {
    const { view } = this.properties;
    if (view === 'card' || view === 'page') {
      return view === 'page';
    }
    return !!this.context.sdks.microsoftTeams || (this.displayMode === DisplayMode.Read && this.width >= WIDE);
  }

  private _language(): Language {
    return this.context.pageContext.cultureInfo.currentUICultureName.toLowerCase().indexOf('de') === 0 ? 'de' : 'en';
  }
}
