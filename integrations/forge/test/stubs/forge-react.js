// Stands in for Atlassian's components: each is an element of its name, so that a test sees what was asked to be drawn.
export const DynamicTable = 'DynamicTable';
export const Em = 'Em';
export const Heading = 'Heading';
export const Label = 'Label';
export const LineChart = 'LineChart';
export const SectionMessage = 'SectionMessage';
export const Spinner = 'Spinner';
export const Stack = 'Stack';
export const Text = 'Text';
export const Textfield = 'Textfield';
export const useProductContext = () => globalThis.host.context;
export const useConfig = () => globalThis.host.config;
export default {
  render: (element) => {
    globalThis.host.drawn = element;
  },
  addConfig: (element) => {
    globalThis.host.configuring = element;
  }
};
