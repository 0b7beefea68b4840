/** Style sheets go beside the bundle that imports them. */
declare module '*.css';
