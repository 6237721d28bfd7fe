import { Converter } from 'typedoc';

/** What TypeDoc says otherwise than a reader of the runtime's reference would want it. */
export function load(app) {
  // A parameter that is taken apart where it stands has no name of its own.
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (_context, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  });
  // A type that is inferred from a schema has each comment twice, from one and the same place: there is nothing to choose.
  const warn = app.logger.warn.bind(app.logger);
  app.logger.warn = (message, ...where) => {
    if (!message.includes('has multiple declarations with a comment')) warn(message, ...where);
  };
}
