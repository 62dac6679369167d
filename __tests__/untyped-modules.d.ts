// Development dependencies that bring no types.

declare module 'compression' {
  export default function compression(options?: object): import('express').RequestHandler;
}

declare module 'cors' {
  export default function cors(options?: object): import('express').RequestHandler;
}

declare module 'express-4' {
  import express = require('express');
  export = express;
}
